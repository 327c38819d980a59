"""Gate ``tests``: what passed before passes still.

The tests run code of the change in their own process, so their report is what the code under test claims: it
can lower the verdict, and what passes is shown as claimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from countersign.gates.contracts import GateStatus, Verdict
from countersign.gates.wording import DETAIL_ITEMS, count, first_lines, some
from countersign.projects.test_run import tests_run
from countersign.sandbox.contracts import Limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.gates.change import Change
    from countersign.projects.contracts import BaselineData, TestRun
    from countersign.shared.types import JSON

TESTS_SECONDS = 540
_LOG_LINES = 10
_BAD = frozenset({"failed", "error"})


@dataclass(frozen=True, slots=True)
class OutcomesCompared:
    """Tests on the base and on the result, by node id."""

    broken: tuple[str, ...]
    missing: tuple[str, ...]
    skipped: tuple[str, ...]
    new_failing: tuple[str, ...]
    still_failing: tuple[str, ...]
    mended: tuple[str, ...]
    added: tuple[str, ...]
    kept: int

    @property
    def worse(self) -> bool:
        """Something that passed does not pass any more, or what was added does not pass."""
        return bool(self.broken or self.missing or self.skipped or self.new_failing)


def tests_check(change: Change) -> Verdict:
    """Run the project's tests on the result and compare them, one by one, with the baseline."""
    context = change.context
    refused = precondition(context.baseline)
    if refused:
        return Verdict(GateStatus.UNKNOWN, refused, tool="pytest", claimed_by_code_under_test=True)
    environment = context.environment
    if environment is None or environment.status != "ready":
        why = environment.reason if environment is not None else "none was prepared"
        return Verdict(
            GateStatus.UNKNOWN,
            f"the project's tests can't run: its environment is not ready ({why})",
            tool="pytest",
            claimed_by_code_under_test=True,
        )
    run = tests_run(
        context.result_directory,
        environment,
        isolation=context.isolation,
        limits=Limits(wall_seconds=TESTS_SECONDS, cpu_seconds=TESTS_SECONDS),
    )
    return tests_verdict(context.baseline, run)


def precondition(baseline: BaselineData | None) -> str:
    """Say why there is nothing to compare with; empty when there is."""
    if baseline is None:
        return "no baseline of the project's tests was recorded, so nothing shows that they still pass"
    if baseline.status == "unknown":
        why = f"the project's tests could not be run on the base ({baseline.reason})"
        return f"{why}, so nothing shows that they still pass"
    if "passed" not in baseline.tests.values():
        return "no test of the project passed on the base, so nothing shows that it still works"
    return ""


def outcomes_compare(before: Mapping[str, str], after: Mapping[str, str]) -> OutcomesCompared:
    """Compare outcomes by node id (pure)."""
    passed = {node for node, outcome in before.items() if outcome == "passed"}
    failing = {node for node, outcome in after.items() if outcome in _BAD}
    return OutcomesCompared(
        broken=tuple(sorted(passed & failing)),
        missing=tuple(sorted(passed - set(after))),
        skipped=tuple(sorted(node for node in passed if after.get(node) == "skipped")),
        new_failing=tuple(sorted(failing - set(before))),
        still_failing=tuple(sorted((failing & set(before)) - passed)),
        mended=tuple(sorted(node for node in set(before) - passed if after.get(node) == "passed")),
        added=tuple(sorted(set(after) - set(before))),
        kept=sum(after.get(node) == "passed" for node in passed),
    )


def contradiction(exit_code: int | None, outcomes: Mapping[str, str]) -> str:
    """Say where a run's exit code and its report can't both be true; empty when they can."""
    bad = any(outcome in _BAD for outcome in outcomes.values())
    if exit_code == 0 and bad:
        return "the tests ended with 0 although their report shows failures"
    if exit_code == 1 and not bad:
        return "the tests ended with 1 although their report shows no failure"
    if exit_code not in {0, 1}:
        return f"the tests ended with {exit_code}, which is neither passed nor failed"
    return ""


def tests_verdict(baseline: BaselineData | None, run: TestRun) -> Verdict:
    """Judge a run against the baseline (pure). Never by the exit code alone, and never against it."""
    compared = outcomes_compare(baseline.tests if baseline else {}, run.tests)
    details: dict[str, JSON] = {
        "passed_before": compared.kept + len(compared.broken) + len(compared.missing) + len(compared.skipped),
        "passed_before_and_now": compared.kept,
        "broken": list(compared.broken[:DETAIL_ITEMS]),
        "missing": list(compared.missing[:DETAIL_ITEMS]),
        "skipped_now": list(compared.skipped[:DETAIL_ITEMS]),
        "new_failing": list(compared.new_failing[:DETAIL_ITEMS]),
        "failed_before_and_now": list(compared.still_failing[:DETAIL_ITEMS]),
        "mended": list(compared.mended[:DETAIL_ITEMS]),
        "added": list(compared.added[:DETAIL_ITEMS]),
        "exit_code": run.exit_code,
        "tests_duration_ms": run.duration_ms,
        "log_tail": run.log_tail[-4000:],
    }
    status, reason, summary = _judge(compared, run)
    return Verdict(status, reason, summary, details, tool="pytest", claimed_by_code_under_test=True)


def _judge(compared: OutcomesCompared, run: TestRun) -> tuple[GateStatus, str, tuple[str, ...]]:
    if run.status == "unknown":
        tail = [line for line in run.log_tail.splitlines() if line.strip()][-_LOG_LINES:]
        return GateStatus.UNKNOWN, f"the tests gave no usable answer: {run.reason}", tuple(tail)
    if compared.worse:
        parts = {
            "that passed before fails now": compared.broken,
            "that passed before is gone": compared.missing,
            "that passed before is skipped now": compared.skipped,
            "that was added fails": compared.new_failing,
        }
        said = [
            f"{count(len(nodes), 'test')} {_plural(what, len(nodes))}"
            for what, nodes in parts.items()
            if nodes
        ]
        lines = [
            f"{node}: {what.rpartition('before ')[2]}" for what, nodes in parts.items() for node in nodes
        ]
        first = (*compared.broken, *compared.missing, *compared.skipped, *compared.new_failing)
        return GateStatus.FAIL, f"{'; '.join(said)}: {some(first)}", first_lines(lines)
    untrue = contradiction(run.exit_code, run.tests)
    if untrue:
        return GateStatus.UNKNOWN, f"{untrue}: such a report can't be believed", ()
    kept = "the one test" if compared.kept == 1 else f"all {compared.kept} tests"
    extra = f"; {count(len(compared.added), 'test')} added" if compared.added else ""
    lasting = (
        f"; {count(len(compared.still_failing), 'test')} failed before and still fail"
        if compared.still_failing
        else ""
    )
    return (
        GateStatus.PASS,
        f"{kept} that passed before pass now{extra}{lasting}, as the tests themselves report",
        first_lines(f"{node}: failed before the change as well" for node in compared.still_failing),
    )


def _plural(what: str, number: int) -> str:
    if number == 1:
        return what
    return what.replace("fails", "fail").replace(" is ", " are ").replace("was added", "were added")
