"""What the gates said about one tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.gates.selectors import gate_results_for_run

if TYPE_CHECKING:
    from countersign.gates.contracts import GateResultData
    from countersign.shared.actor import Actor


def gate_results_on(*, actor: Actor, run_id: str, result_tree: str) -> tuple[GateResultData, ...]:
    """Return the answers of a run's gates on one tree, by name; of several attempts on it, the last one's.

    Raises:
        PermissionDenied: the actor may not read.
    """
    answers = {
        result.name: result
        for result in gate_results_for_run(actor=actor, run_id=run_id)
        if result.result_tree == result_tree
    }
    return tuple(answers[name] for name in sorted(answers))
