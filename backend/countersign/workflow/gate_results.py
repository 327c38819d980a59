"""What the gates said about one tree: as the table has it, to be shown, and as it is proved, to go by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.gates.selectors import gate_results_for_run
from countersign.workflow.answers import answers_borne_out, answers_recorded, answers_sealed

if TYPE_CHECKING:
    from countersign.gates.contracts import GateResultData
    from countersign.runs.contracts import RunData
    from countersign.shared.actor import Actor


def gate_results_on(*, actor: Actor, run_id: str, result_tree: str) -> tuple[GateResultData, ...]:
    """Return the answers of a run's gates on one tree, by name, to be shown; the newest ones.

    Nothing is decided or signed by them: whoever rules the database can write them.

    Raises:
        PermissionDenied: the actor may not read.
    """
    answers = {
        result.name: result
        for result in gate_results_for_run(actor=actor, run_id=run_id)
        if result.result_tree == result_tree
    }
    return tuple(answers[name] for name in sorted(answers))


def gate_results_proved(run: RunData) -> tuple[GateResultData, ...]:
    """Return what the gates said of a sealed change, by name, as the signed log or else the pack proves it.

    Raises:
        PackDamaged: neither does.
        PackNotFound: the log does not, and there is no pack.
        EvidenceUnmade: the log does not, and the key of the pack was destroyed.
        ObjectMissing: the log does not, and the store has lost the pack.
    """
    proved = answers_borne_out(run, answers_recorded(run))
    if not proved:
        proved = answers_sealed(run)
    return tuple(sorted(proved, key=lambda result: result.name))
