"""What a verification found, check by check: for people in lines, for machines as JSON."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from countersign_verify.canonical import Json
from countersign_verify.errors import RefusedError

T = TypeVar("T")
MAX_DETAIL = 600
_COLUMN = 13


class Status(StrEnum):
    """How a check ended."""

    OK = "ok"
    FAILED = "FAILED"
    NOT_COVERED = "not covered"


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its name, how it ended, what it saw, and the codes of the reasons where it failed."""

    name: str
    status: Status
    detail: str
    codes: tuple[str, ...] = ()


@dataclass(slots=True)
class Report:
    """All checks of one pack or log.

    Attributes:
        subject: What was verified.
        trust: What the trust in its keys rests on.
        checks: In the order they were made.
    """

    subject: str = ""
    trust: str = ""
    checks: list[Check] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether at least one check was made and none failed."""
        statuses = {check.status for check in self.checks}
        return Status.OK in statuses and Status.FAILED not in statuses

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.status is Status.FAILED)

    def add(self, name: str, status: Status, detail: str, codes: tuple[str, ...] = ()) -> None:
        """Note how a check ended; the detail is made safe to show on a terminal."""
        self.checks.append(Check(name, status, printable(detail)[:MAX_DETAIL], codes))

    def attempt(self, name: str, function: Callable[[], T], detail: Callable[[T], str]) -> T | None:
        """Make a check: it fails with the reason when the function refuses.

        Args:
            name: Name of the check.
            function: Makes the check and returns what later checks need.
            detail: Says in a sentence what was seen.

        Returns:
            The result, or None when the check failed.
        """
        try:
            result = function()
        except RefusedError as error:
            self.add(name, Status.FAILED, str(error), (error.code, *error.reasons))
            return None
        except OSError as error:
            self.add(name, Status.FAILED, f"cannot be read: {error.strerror} [file.read]", ("file.read",))
            return None
        self.add(name, Status.OK, detail(result))
        return result

    def not_covered(self, name: str, reason: str) -> None:
        """Note what was not checked, and why."""
        self.add(name, Status.NOT_COVERED, reason)

    def as_json(self) -> dict[str, Json]:
        """The report as plain data."""
        return {
            "subject": printable(self.subject),
            "trust": self.trust,
            "verdict": "ok" if self.holds else "failed",
            "failed": [check.name for check in self.failures],
            "checks": [
                {
                    "name": check.name,
                    "status": check.status.value.lower(),
                    "detail": check.detail,
                    "codes": list(check.codes),
                }
                for check in self.checks
            ],
        }

    def lines(self) -> list[str]:
        """The report for a person: one line a check, then what was trusted, then the verdict."""
        width = max((len(check.name) for check in self.checks), default=0) + 2
        result = [
            f"{check.status.value:<{_COLUMN}}{check.name:<{width}}{check.detail}" for check in self.checks
        ]
        result.append(f"{'trust':<{_COLUMN}}{self.trust}")
        if self.holds:
            open_ = sum(check.status is Status.NOT_COVERED for check in self.checks)
            result.append(f"{'verdict':<{_COLUMN}}OK: all that was checked holds; {open_} not covered")
        else:
            names = ", ".join(check.name for check in self.failures) or "nothing was checked"
            result.append(f"{'verdict':<{_COLUMN}}FAILED: {names}")
        return result


def printable(text: str) -> str:
    """The text with everything that a terminal could act on written out."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)
