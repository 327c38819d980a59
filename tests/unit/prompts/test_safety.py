"""Prompt specification (seed 004), section 6: checks by type, severity, scope and files."""

from __future__ import annotations

import pytest

from countersign.prompts.safety import safety_checks


def codes(
    *,
    kind: str = "findings",
    types: tuple[str, ...] = ("ruff:F401",),
    severities: tuple[str, ...] = ("low",),
    paths: tuple[str, ...] = ("src/a.py",),
) -> set[str]:
    found = safety_checks(kind=kind, finding_types=types, severities=severities, paths=paths)
    assert all(check.because for check in found)
    return {check.code for check in found}


def test_every_task_stays_in_scope_and_keeps_the_tests() -> None:
    assert codes(types=()) == {"stay-in-scope", "tests-as-before"}


@pytest.mark.parametrize(
    ("finding", "code"),
    [
        ("ruff:F401", "imports-may-act"),
        ("ruff:SIM102", "rewrites-keep-results"),
        ("ruff:B006", "defects-need-proof"),
        ("bandit:B301", "no-weaker-protection"),
        ("ruff:W291", "whitespace-only"),
    ],
)
def test_the_type_of_a_finding_calls_for_its_check(finding: str, code: str) -> None:
    assert code in codes(types=(finding,))


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("src/attr/__init__.py", "public-surface"),
        ("tests/test_a.py", "tests-still-test"),
        ("app/migrations/0001.py", "schema-is-reversible"),
        ("pyproject.toml", "build-is-the-cabs"),
    ],
)
def test_the_files_call_for_their_checks(path: str, code: str) -> None:
    assert code in codes(paths=(path,))
    assert code not in codes()


def test_severity_scope_and_kind_call_for_their_checks() -> None:
    assert "severe-first" in codes(severities=("low", "critical"))
    assert "wide-and-uniform" in codes(paths=tuple(f"{n}.py" for n in range(11)))
    assert "whole-deliverable" in codes(kind="deliverable")


def test_a_check_says_what_called_for_it() -> None:
    found = safety_checks(
        kind="findings", finding_types=("ruff:F401", "ruff:I001"), severities=(), paths=("b/__init__.py",)
    )
    because = {check.code: check.because for check in found}
    assert because["imports-may-act"] == "findings of type `ruff:F401` and 1 more"
    assert because["public-surface"] == "the file `b/__init__.py`"
