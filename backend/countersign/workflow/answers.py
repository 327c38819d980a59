"""The gates' answers that were taken ahead of time: what is told of them, and whether they may be used.

They lie in a table until it is the change's turn, and whoever rules the database can write into it, and an
event into the log besides. So they count only when the signed log told of these very answers, to this very
question, about this very tree, and the key of the gates signed that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from countersign.audit.errors import LogDamaged
from countersign.audit.proving import event_proved
from countersign.evidence.sealing import gate_summaries
from countersign.gates.contracts import GateReport, GateResultData, GateStatus
from countersign.shared.keys import public_key, signing_key
from countersign.workflow.sealing import gate_evidence
from countersign_verify.canonical import canonical_bytes, canonical_object, digest_of
from countersign_verify.dsse import envelope_sign, envelope_verify
from countersign_verify.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from countersign.runs.contracts import RunData, StandingData
    from countersign.shared.types import JSON

Reports = tuple[GateReport, ...] | tuple[GateResultData, ...]

# Of its own, so that nothing else that this key signs ever passes for it.
PAYLOAD_TYPE: Final = "application/vnd.countersign.gate-answers+json"


def answers_told(*, run_id: str, key: str, reports: Reports) -> dict[str, JSON]:
    """Return what the log is told of the gates' answers, signed by their key; nothing where none was asked.

    Raises:
        SigningKeyMissing: the key of the gates can't be read.
    """
    if not reports:
        return {}
    gates, signer = gate_evidence(reports), signing_key("gates")
    said = _said(run_id, key, reports[0].result_tree, (gate.report for gate in gates))
    return {
        "result_tree": reports[0].result_tree,
        "gates": gate_summaries(gates),
        "signed": dict(envelope_sign(PAYLOAD_TYPE, said, [(signer.key_id, signer.private)])),
    }


def answers_kept(
    run: RunData, standing: StandingData | None, *, key: str, result_tree: str
) -> tuple[GateResultData, ...]:
    """Return the answers that were taken ahead to the very same question; nothing where the gates are asked.

    Raises:
        SigningKeyMissing: the key of the gates can't be read.
    """
    if standing is None or standing.key != key or not (standing.reports and standing.event_id):
        return ()
    if not _borne_out(standing, _said(run.id, key, result_tree, standing.reports)):
        return ()
    return tuple(
        GateResultData(
            id="",
            run_id=run.id,
            attempt=run.attempt,
            name=str(report["name"]),
            status=GateStatus(str(report["status"])),
            reason=str(report["reason"]),
            report=report,
            report_digest=digest_of(dict(report)),
            result_tree=result_tree,
            created_at=standing.checked_at,
        )
        for report in standing.reports
    )


def _said(run_id: str, key: str, result_tree: str, reports: Iterable[Mapping[str, JSON]]) -> bytes:
    digests = [digest_of(dict(report)) for report in reports]
    return canonical_bytes({"run_id": run_id, "key": key, "result_tree": result_tree, "reports": digests})


def _borne_out(standing: StandingData, said: bytes) -> bool:
    """Say whether the signed log tells of an envelope of the gates' key over exactly this."""
    key = public_key("gates")
    try:
        event = event_proved(standing.event_id)
        told = canonical_object(event.body).get("data") if event is not None else None
        signed = told.get("signed") if isinstance(told, dict) else None
        return isinstance(signed, dict) and said == envelope_verify(
            signed, {key.key_id: key.public}, payload_type=PAYLOAD_TYPE
        )
    except (RefusedError, LogDamaged):
        # Whoever forged it gains nothing: the gates are asked again.
        return False
