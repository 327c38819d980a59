"""The gates there are: names, what they say to people, how long they may take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from countersign.gates.checks.findings import findings_check
from countersign.gates.checks.integrity import integrity_check
from countersign.gates.checks.lint import lint_check
from countersign.gates.checks.secrets import secrets_check
from countersign.gates.checks.tests import TESTS_SECONDS, tests_check

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from countersign.gates.change import Change
    from countersign.gates.contracts import Verdict


@dataclass(frozen=True, slots=True)
class GateCheck:
    """One gate."""

    name: str
    title: str
    description: str
    timeout_seconds: float
    check: Callable[[Change], Verdict]


# Above the wall time of what a check starts, so that the check itself can still say what happened.
_STATIC_SECONDS = 300.0

GATES: Mapping[str, GateCheck] = {
    gate.name: gate
    for gate in (
        GateCheck(
            "tests",
            "Tests",
            "Every test that passed before the change passes after it, compared one by one.",
            TESTS_SECONDS + 60.0,
            tests_check,
        ),
        GateCheck(
            "lint",
            "Lint",
            "The change reduces the findings it was made for and adds none, whatever it silences.",
            _STATIC_SECONDS,
            lint_check,
        ),
        GateCheck(
            "findings",
            "Security findings",
            "No new security weakness and no added comment that silences an analyser.",
            _STATIC_SECONDS,
            findings_check,
        ),
        GateCheck(
            "secrets",
            "Secrets",
            "Nothing that looks like a password, key or token is added.",
            _STATIC_SECONDS,
            secrets_check,
        ),
        GateCheck(
            "test_integrity",
            "Test integrity",
            "No test, assertion, parameter or threshold is taken away, nothing is skipped or shadowed.",
            _STATIC_SECONDS,
            integrity_check,
        ),
    )
}
