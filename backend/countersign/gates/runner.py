"""Runs gates over one change, side by side; whatever goes wrong in one becomes its answer ``unknown``."""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING

from countersign.gates.change import Change
from countersign.gates.contracts import GateReport, GateStatus, Verdict
from countersign.gates.registry import GATES
from countersign.shared.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from countersign.gates.contracts import GateContext
    from countersign.gates.registry import GateCheck

_log = logging.getLogger(__name__)


def gates_run(
    context: GateContext,
    names: Sequence[str],
    *,
    base_cache: Path | None,
    gates: Mapping[str, GateCheck] = GATES,
) -> tuple[GateReport, ...]:
    """Run the named gates on a change; one report a name, in the order of the names.

    No gate can pass by going wrong: an exception, a time-out or a name that nobody knows is ``unknown``.

    Args:
        context: the change.
        names: which gates; a name given twice runs once.
        base_cache: a directory of the platform's own, where analysers' answers are remembered under
            everything that decides them; ``None`` remembers nothing.
        gates: the gates there are.
    """
    change = Change(context, cache_directory=base_cache)
    started = time.monotonic()
    running = {name: _start(gates[name], change) for name in dict.fromkeys(names) if name in gates}
    reports = []
    for name in dict.fromkeys(names):
        if name not in running:
            verdict = Verdict(
                GateStatus.UNKNOWN, f"there is no gate '{name}', so nothing is known of what it asks"
            )
            reports.append(_report(name, verdict, 0, context))
            continue
        timeout = gates[name].timeout_seconds
        try:
            verdict, seconds = running[name].result(timeout=max(0.0, started + timeout - time.monotonic()))
        except TimeoutError:
            seconds = timeout
            _log.warning("gate timed out", extra={"gate": name, "seconds": timeout})
            verdict = Verdict(GateStatus.UNKNOWN, f"the gate gave no answer within {timeout:g} seconds")
        reports.append(_report(name, verdict, seconds, context))
    return tuple(reports)


def _start(gate: GateCheck, change: Change) -> Future[tuple[Verdict, float]]:
    """Run a gate in a thread of its own; one that hangs holds up neither the others nor the process's end."""
    future: Future[tuple[Verdict, float]] = Future()
    scope = contextvars.copy_context()

    def run() -> None:
        started = time.monotonic()
        verdict = scope.run(_verdict, gate, change)
        future.set_result((verdict, time.monotonic() - started))

    threading.Thread(target=run, name=f"gate-{gate.name}", daemon=True).start()
    return future


def _verdict(gate: GateCheck, change: Change) -> Verdict:
    try:
        return gate.check(change)
    except DomainError as error:
        _log.warning(
            "gate could not run", extra={"gate": gate.name, "code": error.code, "reason": error.message}
        )
        return Verdict(GateStatus.UNKNOWN, f"the gate could not run: {error.message}")
    except BaseException as error:  # noqa: BLE001 - whatever it is, even an exit, it must not pass
        # A defect of a check must stop the change, not the other gates.
        _log.exception("gate failed", extra={"gate": gate.name})
        return Verdict(
            GateStatus.UNKNOWN,
            f"the gate itself failed ({type(error).__name__}); the platform's log has the details",
        )


def _report(name: str, verdict: Verdict, seconds: float, context: GateContext) -> GateReport:
    return GateReport(
        name=name,
        status=verdict.status,
        reason=verdict.reason,
        summary=verdict.summary,
        tool=verdict.tool,
        tool_version=verdict.tool_version,
        details=verdict.details,
        claimed_by_code_under_test=verdict.claimed_by_code_under_test,
        duration_ms=round(seconds * 1000),
        result_tree=context.result_tree,
    )
