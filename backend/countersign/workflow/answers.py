"""The gates' answers that were stored: what is told of them, and whether they may be used.

They lie in a table until a pack or an addendum is signed over them, and whoever rules the database can write
into it, and an event into the log besides. So they count only when the signed log told of these very answers,
to this very question, about this very tree, and the key of the gates signed that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from countersign.audit.errors import LogDamaged
from countersign.audit.proving import event_proved
from countersign.evidence.sealing import gate_summaries
from countersign.gates.contracts import GateReport, GateResultData, GateStatus
from countersign.gates.selectors import gate_results_for_run
from countersign.shared.keys import public_key, signing_key
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.sealing import gate_evidence
from countersign.workflow.verification import gates_sealed
from countersign_verify.canonical import canonical_bytes, canonical_object, digest_of
from countersign_verify.dsse import envelope_sign, envelope_verify
from countersign_verify.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from countersign.runs.contracts import RunData, StandingData
    from countersign.shared.types import JSON

Reports = tuple[GateReport, ...] | tuple[GateResultData, ...]

# Of its own, so that nothing else that this key signs ever passes for it.
PAYLOAD_TYPE: Final = "application/vnd.countersign.gate-answers+json"


def answers_signed(run: RunData, *, key: str, reports: Reports) -> dict[str, JSON]:
    """Return an envelope of the gates' key over what they answered.

    Args:
        run: whose change they looked at, in its attempt of now.
        key: names what they were asked about.
        reports: what they answered.

    Raises:
        SigningKeyMissing: the key of the gates can't be read.
    """
    signer = signing_key("gates")
    said = _said(run, key, reports[0].result_tree, [gate.report for gate in gate_evidence(reports)])
    return dict(envelope_sign(PAYLOAD_TYPE, said, [(signer.key_id, signer.private)]))


def answers_told(run: RunData, *, key: str, reports: Reports) -> dict[str, JSON]:
    """Return what the log is told of answers that are taken ahead of time; nothing where none was asked.

    Raises:
        SigningKeyMissing: the key of the gates can't be read.
    """
    if not reports:
        return {}
    return {
        "result_tree": reports[0].result_tree,
        "gates": gate_summaries(gate_evidence(reports)),
        "signed": answers_signed(run, key=key, reports=reports),
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
    if not _borne_out(standing.event_id, run, key, result_tree, standing.reports):
        return ()
    return tuple(_result(run, report, result_tree, standing.checked_at) for report in standing.reports)


def answers_recorded(run: RunData) -> tuple[GateResultData, ...]:
    """Return the newest answers that the table has of a run's attempt of now, whoever wrote them there.

    Raises:
        PermissionDenied: the executor may not read.
    """
    rows = gate_results_for_run(actor=EXECUTOR, run_id=run.id, attempt=run.attempt)
    return tuple(row for row in rows if row.event_id == rows[-1].event_id)


def answers_borne_out(
    run: RunData, recorded: tuple[GateResultData, ...], *, key: str | None = None
) -> tuple[GateResultData, ...]:
    """Return recorded answers as they were signed; nothing where the signed log does not bear them out.

    Args:
        run: whose change they are about.
        recorded: what the table has.
        key: names what the gates would be asked about now; without it, whatever they were asked counts.

    Raises:
        SigningKeyMissing: the key of the gates can't be read.
    """
    if not recorded or not recorded[0].event_id:
        return ()
    # Status and reason have columns of their own, which nobody signed.
    reports = [row.report for row in recorded]
    if not _borne_out(recorded[0].event_id, run, key, run.result_tree, reports):
        return ()
    return tuple(_result(run, row.report, run.result_tree, row.created_at) for row in recorded)


def answers_sealed(run: RunData) -> tuple[GateResultData, ...]:
    """Return the answers that stand in a run's pack.

    Raises:
        DomainError: as ``gates_sealed`` says.
    """
    reports = [cast("dict[str, JSON]", report) for report in gates_sealed(run)]
    return tuple(_result(run, report, run.result_tree, run.updated_at) for report in reports)


def _result(run: RunData, report: Mapping[str, JSON], result_tree: str, moment: datetime) -> GateResultData:
    return GateResultData(
        id="",
        run_id=run.id,
        attempt=run.attempt,
        name=str(report["name"]),
        status=GateStatus(str(report["status"])),
        reason=str(report["reason"]),
        report=report,
        report_digest=digest_of(dict(report)),
        result_tree=result_tree,
        created_at=moment,
    )


def _said(run: RunData, key: str, result_tree: str, reports: Sequence[Mapping[str, JSON]]) -> bytes:
    return canonical_bytes(
        {
            "run_id": run.id,
            "attempt": run.attempt,
            "key": key,
            "result_tree": result_tree,
            "reports": sorted(digest_of(dict(report)) for report in reports),
        }
    )


def _borne_out(
    event_id: str, run: RunData, key: str | None, result_tree: str, reports: Sequence[Mapping[str, JSON]]
) -> bool:
    """Say whether the signed log tells of an envelope of the gates' key over exactly this."""
    signer = public_key("gates")
    try:
        event = event_proved(event_id)
        told = canonical_object(event.body).get("data") if event is not None else None
        signed = told.get("signed") if isinstance(told, dict) else None
        if not isinstance(signed, dict):
            return False
        said = envelope_verify(signed, {signer.key_id: signer.public}, payload_type=PAYLOAD_TYPE)
        asked = str(canonical_object(said).get("key")) if key is None else key
        return said == _said(run, asked, result_tree, reports)
    except (RefusedError, LogDamaged):
        # Whoever forged it gains nothing: the gates are asked again.
        return False
