import logging
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from countersign.gates.change import Change
from countersign.gates.contracts import GateStatus, Verdict
from countersign.gates.registry import GATES, GateCheck
from countersign.gates.runner import gates_run
from countersign.shared.correlation import correlation_id, correlation_scope
from countersign.shared.errors import Unavailable
from tests.unit.gates.builders import TREE, context_of


def _gates(**checks: object) -> dict[str, GateCheck]:
    return {name: GateCheck(name, name, "", 5.0, check) for name, check in checks.items()}  # type: ignore[arg-type]  # checks


def _pass(_change: Change) -> Verdict:
    return Verdict(GateStatus.PASS, "fine", ("a",), {"n": 1}, "tool", "1", claimed_by_code_under_test=True)


def test_run_reports_in_the_order_of_the_names(tmp_path: Path) -> None:
    reports = gates_run(
        context_of(tmp_path, {}, {}), ["b", "a", "b"], base_cache=None, gates=_gates(a=_pass, b=_pass)
    )
    assert [one.name for one in reports] == ["b", "a"]
    first = reports[0]
    assert (first.status, first.result_tree, first.claimed_by_code_under_test) == (
        GateStatus.PASS,
        TREE,
        True,
    )
    assert first.as_json() | {"duration_ms": 0} == {
        "name": "b",
        "status": "pass",
        "reason": "fine",
        "summary": ["a"],
        "tool": "tool",
        "tool_version": "1",
        "details": {"n": 1},
        "claimed_by_code_under_test": True,
        "duration_ms": 0,
        "result_tree": TREE,
    }


def test_run_calls_a_gate_that_nobody_knows_unknown(tmp_path: Path) -> None:
    (report,) = gates_run(context_of(tmp_path, {}, {}), ["magic"], base_cache=None)
    assert report.status is GateStatus.UNKNOWN
    assert "'magic'" in report.reason


def _defect(_change: Change) -> Verdict:
    raise ZeroDivisionError


def _refused(_change: Change) -> Verdict:
    raise Unavailable("the sandbox is gone")


def _quit(_change: Change) -> Verdict:
    raise SystemExit(0)


def test_run_turns_whatever_goes_wrong_into_unknown(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    gates = _gates(defect=_defect, refused=_refused, quits=_quit, good=_pass)
    with caplog.at_level(logging.WARNING):
        reports = gates_run(context_of(tmp_path, {}, {}), list(gates), base_cache=None, gates=gates)
    assert [one.status for one in reports] == [GateStatus.UNKNOWN] * 3 + [GateStatus.PASS]
    assert "ZeroDivisionError" in reports[0].reason
    assert reports[1].reason == "the gate could not run: the sandbox is gone"
    assert "SystemExit" in reports[2].reason
    assert "gate failed" in caplog.text


def test_run_gives_up_on_a_gate_that_hangs_and_not_on_the_others(tmp_path: Path) -> None:
    release = threading.Event()

    def hang(_change: Change) -> Verdict:
        release.wait(30)
        return Verdict(GateStatus.PASS, "too late")

    gates = _gates(hangs=hang, good=_pass)
    gates["hangs"] = replace(gates["hangs"], timeout_seconds=0.05)
    try:
        hung, good = gates_run(context_of(tmp_path, {}, {}), ["hangs", "good"], base_cache=None, gates=gates)
    finally:
        release.set()
    assert (hung.status, hung.reason) == (GateStatus.UNKNOWN, "the gate gave no answer within 0.05 seconds")
    assert good.status is GateStatus.PASS


def test_run_works_side_by_side_under_one_correlation_id(tmp_path: Path) -> None:
    meeting = threading.Barrier(3, timeout=10)
    seen = []

    def meet(_change: Change) -> Verdict:
        meeting.wait()
        seen.append(correlation_id())
        return Verdict(GateStatus.PASS, "met")

    with correlation_scope("one-correlation-id"):
        reports = gates_run(
            context_of(tmp_path, {}, {}),
            ["a", "b", "c"],
            base_cache=None,
            gates=_gates(a=meet, b=meet, c=meet),
        )
    assert {one.status for one in reports} == {GateStatus.PASS}
    assert seen == ["one-correlation-id"] * 3


@pytest.mark.needs("bwrap")
def test_run_of_the_shipped_gates_answers_each(tmp_path: Path) -> None:
    context = context_of(tmp_path, {"a.py": "import os\n"}, {"a.py": "x = 1\n"}, target_rules=("F401",))
    reports = gates_run(context, list(GATES), base_cache=tmp_path / "cache")
    assert {one.name: one.status.value for one in reports} == {
        "tests": "unknown",
        "lint": "pass",
        "findings": "pass",
        "secrets": "pass",
        "test_integrity": "pass",
    }
