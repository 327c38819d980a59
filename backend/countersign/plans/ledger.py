"""Keeps account of a plan text's lines, so that none is dropped in silence."""

from countersign.plans.contracts import LineAccount, LineUse, PlanProblem, PlanRemark
from countersign.plans.source import Source


class Ledger:
    """What became of each line of a text; the last word on a line is the worst that was said of it."""

    def __init__(self, source: Source) -> None:
        """Open the account of a text."""
        self.source = source
        self.problems: list[PlanProblem] = []
        self.remarks: list[PlanRemark] = list(source.remarks)
        self._use: dict[int, tuple[LineUse, str]] = {}

    def understood(self, first: int, last: int, what: str) -> None:
        """Say what lines were understood as."""
        self._enter(first, last, LineUse.UNDERSTOOD, what)

    def note(self, first: int, last: int, what: str) -> None:
        """Say that lines are kept as prose."""
        self._enter(first, last, LineUse.NOTE, what)

    def problem(self, line: int, column: int, message: str, *, last: int | None = None) -> None:
        """Say what was not understood, and what to do about it; the place is that of the mended text."""
        self._enter(line, last or line, LineUse.PROBLEM, message)
        self.problems.append(PlanProblem(line, self.source.column(line, column), message))

    def lost(self, first: int, last: int, what: str) -> None:
        """Say that lines were not understood because of a problem that was told elsewhere."""
        self._enter(first, last, LineUse.PROBLEM, what)

    def remark(self, line: int, column: int, message: str) -> None:
        """Say what a reader of the plan should know."""
        self.remarks.append(PlanRemark(line, self.source.column(line, column), message))

    def is_open(self, number: int) -> bool:
        """Say whether nothing was said of a line that is not blank."""
        return number not in self._use and bool(self.source.line(number).strip())

    def close(self) -> None:
        """Make a problem of every line that nobody spoke for."""
        for number in range(1, len(self.source.lines) + 1):
            if self.is_open(number):
                line = self.source.line(number)
                column = len(line) - len(line.lstrip()) + 1
                self.problem(
                    number, column, "this line was not understood; take it away, or write it as prose"
                )

    def uses(self) -> tuple[LineUse | None, ...]:
        """Return what became of each line, blank lines left open."""
        lines = self.source.lines
        # Behind the last line break there is no line.
        count = len(lines) - 1 if lines and not lines[-1] else len(lines)
        return tuple(
            self._use[number][0] if number in self._use and line.strip() else None
            for number, line in enumerate(lines[:count], start=1)
        )

    def accounts(self) -> tuple[LineAccount, ...]:
        """Return what became of the lines, neighbours of one kind together."""
        found: list[LineAccount] = []
        for number, line in enumerate(self.source.lines, start=1):
            if not line.strip() or number not in self._use:
                continue
            use, what = self._use[number]
            if found and (found[-1].use, found[-1].what) == (use, what):
                found[-1] = LineAccount(found[-1].first, number, use, what)
            else:
                found.append(LineAccount(number, number, use, what))
        return tuple(found)

    def _enter(self, first: int, last: int, use: LineUse, what: str) -> None:
        ranks = list(LineUse)
        for number in range(first, last + 1):
            known = self._use.get(number)
            if known is None or ranks.index(use) > ranks.index(known[0]):
                self._use[number] = (use, what)
