"""The tests gate: by node id against the baseline, never by the exit code alone."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.gates.change import Change
from countersign.gates.checks.tests import (
    contradiction,
    outcomes_compare,
)
from countersign.gates.checks.tests import (
    tests_check as check_tests,
)
from countersign.gates.checks.tests import (
    tests_verdict as judge_tests,
)
from countersign.gates.contracts import GateStatus
from countersign.projects.contracts import BaselineData, EnvironmentData, TestOutcome, TestRun
from tests.unit.gates.builders import baseline_of, context_of

BASE: dict[str, TestOutcome] = {"a::x": "passed", "a::y": "passed", "a::z": "failed", "a::s": "skipped"}
_OUTCOMES: tuple[TestOutcome, ...] = ("passed", "failed", "skipped", "error")
_RUNS = st.dictionaries(st.sampled_from([f"a::{name}" for name in "tuvwxyz"]), st.sampled_from(_OUTCOMES))


def _run(tests: Mapping[str, TestOutcome], exit_code: int = 1, **changes: object) -> TestRun:
    run = TestRun("passed" if exit_code == 0 else "failed", "", tests, exit_code, "a log", 9)
    return replace(run, **changes)  # type: ignore[arg-type]  # the fields of a run


def test_verdict_passes_when_everything_that_passed_passes() -> None:
    verdict = judge_tests(baseline_of(BASE), _run({**BASE, "a::new": "passed"}))
    assert verdict.status is GateStatus.PASS
    assert verdict.claimed_by_code_under_test
    assert verdict.reason == (
        "all 2 tests that passed before pass now; 1 test added; 1 test failed before and still fail, "
        "as the tests themselves report"
    )
    assert verdict.details["passed_before_and_now"] == 2


WORSE: dict[str, tuple[dict[str, TestOutcome], str]] = {
    "fails": ({**BASE, "a::x": "failed"}, "1 test that passed before fails now: a::x"),
    "breaks": ({**BASE, "a::x": "error"}, "1 test that passed before fails now: a::x"),
    "is gone": (
        {name: one for name, one in BASE.items() if name != "a::x"},
        "1 test that passed before is gone: a::x",
    ),
    "is skipped": ({**BASE, "a::x": "skipped"}, "1 test that passed before is skipped now: a::x"),
    "is new and fails": ({**BASE, "a::new": "failed"}, "1 test that was added fails: a::new"),
    "are gone": ({"a::z": "failed"}, "2 tests that passed before are gone: a::x, a::y"),
}


@pytest.mark.parametrize(("after", "reason"), WORSE.values(), ids=WORSE.keys())
@pytest.mark.parametrize("exit_code", [0, 1])
def test_verdict_fails_whatever_the_exit_code_says(
    after: dict[str, TestOutcome], reason: str, exit_code: int
) -> None:
    verdict = judge_tests(baseline_of(BASE), _run(after, exit_code))
    assert (verdict.status, verdict.reason) == (GateStatus.FAIL, reason)
    assert verdict.summary


def test_verdict_does_not_believe_a_report_that_contradicts_itself() -> None:
    good: dict[str, TestOutcome] = {"a::x": "passed"}
    assert judge_tests(baseline_of(good), _run(good, 1)).status is GateStatus.UNKNOWN
    assert judge_tests(baseline_of(good), _run(good, 0)).status is GateStatus.PASS
    mended = baseline_of({**good, "a::z": "failed"})
    verdict = judge_tests(mended, _run({**good, "a::z": "failed"}, 0))
    assert verdict.status is GateStatus.UNKNOWN
    assert "can't be believed" in verdict.reason
    assert contradiction(5, good) == "the tests ended with 5, which is neither passed nor failed"
    assert contradiction(None, good)


def test_verdict_is_unknown_when_the_run_is() -> None:
    run = _run({}, 2, status="unknown", reason="no collection", log_tail="first\n\nlast\n")
    verdict = judge_tests(baseline_of(BASE), run)
    assert verdict.status is GateStatus.UNKNOWN
    assert verdict.reason == "the tests gave no usable answer: no collection"
    assert verdict.summary == ("first", "last")


@given(_RUNS, _RUNS, st.sampled_from([0, 1, 2, None]))
def test_verdict_never_passes_what_lost_a_passing_test(
    before: dict[str, TestOutcome], after: dict[str, TestOutcome], exit_code: int | None
) -> None:
    run = TestRun("passed", "", after, exit_code, "", 1)
    passes = judge_tests(baseline_of(before), run).status is GateStatus.PASS
    kept = all(after.get(node) == "passed" for node, outcome in before.items() if outcome == "passed")
    assert not passes or kept
    compared = outcomes_compare(before, after)
    assert compared.worse or kept


READY = EnvironmentData("/nowhere", "sha256:0", "3.11", (), "ready")


@pytest.mark.parametrize(
    ("baseline", "environment", "reason"),
    [
        (None, READY, "no baseline"),
        (baseline_of({}, "unknown", "no pytest"), READY, "could not be run on the base (no pytest)"),
        (baseline_of({"a::x": "failed"}, "failed"), READY, "no test of the project passed"),
        (baseline_of({"a::x": "passed"}), None, "not ready (none was prepared)"),
        (
            baseline_of({"a::x": "passed"}),
            replace(READY, status="failed", reason="no wheel"),
            "not ready (no wheel)",
        ),
    ],
)
def test_check_without_something_to_compare_with_is_unknown(
    tmp_path: Path, baseline: BaselineData | None, environment: EnvironmentData | None, reason: str
) -> None:
    context = context_of(tmp_path, {}, {}, baseline=baseline, environment=environment)
    verdict = check_tests(Change(context, cache_directory=None))
    assert verdict.status is GateStatus.UNKNOWN
    assert reason in verdict.reason


@pytest.mark.needs("bwrap")
def test_check_runs_the_tests_of_the_result(tmp_path: Path, own_environment: EnvironmentData) -> None:
    test = "from a import f\n\n\ndef test_f():\n    assert f() == 1\n"
    before = {"a.py": "def f():\n    return 1\n", "tests/test_a.py": test}
    after = {**before, "a.py": "def f():\n    return 2\n"}
    baseline = baseline_of({"tests/test_a.py::test_f": "passed"})
    for name, files, expected in (("same", before, GateStatus.PASS), ("broken", after, GateStatus.FAIL)):
        context = context_of(tmp_path / name, before, files, environment=own_environment, baseline=baseline)
        verdict = check_tests(Change(context, cache_directory=None))
        assert verdict.status is expected, verdict
        assert verdict.claimed_by_code_under_test


FORGERIES = {
    "ends with 0": "import os, atexit\n\natexit.register(os._exit, 0)\n\n\ndef f():\n    return 2\n",
    "ends at once": "import os\n\nos._exit(0)\n",
    "raises SystemExit": "raise SystemExit(0)\n",
}


@pytest.mark.needs("bwrap")
@pytest.mark.parametrize("code", FORGERIES.values(), ids=FORGERIES.keys())
def test_check_does_not_pass_a_run_that_was_cut_short(
    tmp_path: Path, own_environment: EnvironmentData, code: str
) -> None:
    test = "from a import f\n\n\ndef test_f():\n    assert f() == 1\n"
    before = {"a.py": "def f():\n    return 1\n", "tests/test_a.py": test}
    baseline = baseline_of({"tests/test_a.py::test_f": "passed"})
    context = context_of(
        tmp_path, before, {**before, "a.py": code}, environment=own_environment, baseline=baseline
    )
    assert check_tests(Change(context, cache_directory=None)).status is not GateStatus.PASS
