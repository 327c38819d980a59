"""Which demands a program can check; a demand is never made smaller by reading it."""

import pytest

from countersign.plans.checks import STUB_WORDS
from countersign.plans.markdown.recognise import (
    check_against,
    check_for,
    existence_checks,
    is_attested,
    produced_document,
    script_run,
)

WORD = STUB_WORDS[0]
RUNBOOK = "docs/runbooks/storms.md"


@pytest.mark.parametrize(
    ("text", "percent", "of"),
    [
        ("≥90% coverage", 90, "project"),
        (">= 85 % test coverage", 85, "project"),
        ("At least 80% line coverage.", 80, "project"),
        ("≥90% overall coverage", 90, "project"),
        ("≥90% test coverage across all code", 90, "project"),
        ("≥90% coverage enforced by CI", 90, "project"),
        ("Test coverage ≥90% verified", 90, "project"),
        ("Test Coverage ≥90% — enforced by CI", 90, "project"),
        ("Coverage is at least 75%", 75, "project"),
        ("≥90% coverage on new code", 90, "changes"),
        ("≥90% test coverage on resilience components", 90, "changes"),
    ],
)
def test_coverage_is_recognised(text: str, percent: int, of: str) -> None:
    """Seed 001, quality gates and deliverables of P2 to P12: coverage of at least 90 %."""
    assert check_for(text) == {"kind": "coverage_at_least", "percent": percent, "of": of}


@pytest.mark.parametrize(
    "text",
    [
        f"Zero {WORD} comments remain",
        f"Zero {WORD} comments",
        f"No {WORD}s",
        f"Fix all {WORD}s",
        f"no open {WORD.lower()}s left",
    ],
)
def test_unfinished_work_is_recognised(text: str) -> None:
    """Seed 001, P4.4: all of them resolved, none remains."""
    assert check_for(text) == {"kind": "no_stubs", "words": [WORD]}
    assert check_for("No stubs") == {"kind": "no_stubs"}


@pytest.mark.parametrize(
    ("text", "gate"),
    [
        ("All tests pass", "tests"),
        ("All API tests pass", "tests"),
        ("All integration tests pass.", "tests"),
        ("No new linting warnings", "lint"),
        ("No hardcoded secrets", "secrets"),
    ],
)
def test_gates_of_the_platform_are_recognised(text: str, gate: str) -> None:
    """Seed 001, quality gates."""
    assert check_for(text) == {"kind": "gate_passed", "gates": [gate]}


def test_documents_are_recognised_by_their_names() -> None:
    """Seed 002, section 12: the documents of the final hand-off exist."""
    assert check_for("RELEASE_NOTES.md, onboarding.md, docs/ exist.") == {
        "kind": "documents_exist",
        "paths": ["RELEASE_NOTES.md", "onboarding.md", "docs/"],
    }
    assert check_for("`a.md` and docs/b.md are there") == {
        "kind": "documents_exist",
        "paths": ["a.md", "docs/b.md"],
    }


def test_runbook_is_recognised_when_the_phase_creates_one() -> None:
    """Seed 001, P2: a runbook for circuit breaker monitoring, which the phase creates."""
    text = "Runbook for circuit breaker monitoring"
    assert check_for(text, [RUNBOOK, "a/runbook.py"]) == {"kind": "documents_exist", "paths": [RUNBOOK]}
    assert is_attested(check_for(text))


@pytest.mark.parametrize(
    "text",
    [
        "≥90% coverage and zero findings",
        "≥90% coverage on new code and old code",
        "≥90% coverage, reviewed by a person",
        "90% of the users are happy",
        "≥900% coverage",
        "≥0% coverage",
        f"Zero {WORD} comments and no dead code",
        "All tests pass in staging",
        "No new type errors",
        "No new linting warnings in the last week",
        "RELEASE_NOTES.md exists and is approved",
        "Documentation updated",
        "Runbooks are wonderful",
        "x" * 501,
        "",
    ],
)
def test_demand_that_says_more_is_left_to_a_person(text: str) -> None:
    assert check_for(text, [RUNBOOK]) == {"kind": "attested"}


def test_no_go_trigger_is_turned_round() -> None:
    """Seed 001, P12: coverage below 90 % is a NO-GO."""
    assert check_against("Test coverage <90%") == {
        "kind": "coverage_at_least",
        "percent": 90,
        "of": "project",
    }
    assert check_against("Test coverage below 0%") == {"kind": "attested"}
    assert check_against("≥90% coverage") == {"kind": "attested"}


def test_files_that_a_step_makes_or_runs_are_found() -> None:
    """Seed 002, section 6: the plan of a batch, and its integration test."""
    assert (
        produced_document("Create a plan.md in docs/plans/batch1.md describing tasks")
        == "docs/plans/batch1.md"
    )
    assert produced_document("Produce RELEASE_NOTES.md summarizing all") == "RELEASE_NOTES.md"
    assert produced_document("Create the code & files as defined in plan.") is None
    assert (
        script_run("Run tests/integration/test_batch1.sh. Save logs.") == "tests/integration/test_batch1.sh"
    )
    assert script_run("Run flake8 / mypy") is None


def test_documents_are_kept_apart_from_files() -> None:
    assert existence_checks(["a.py", "docs/", "a.py", "b.md"]) == [
        {"kind": "files_exist", "paths": ["a.py"]},
        {"kind": "documents_exist", "paths": ["docs/", "b.md"]},
    ]
    assert existence_checks([]) == []
