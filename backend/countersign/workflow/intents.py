"""Whether an intended merge is one that was decided on: asked again right before a ref moves.

The row that says which commits are intended is no proof: whoever rules the database could have written it.
It counts when the signed log tells of the same intent, and when making the commits again from what was
decided gives the same ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.audit.errors import LogDamaged
from countersign.audit.proving import events_proved
from countersign.evidence.selectors import addenda_of_runs
from countersign.shared.env import demo_installation
from countersign.shared.errors import Conflict
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.logged import event_logged
from countersign.workflow.merging import merge_plan
from countersign.workflow.trust import trust_current
from countersign.workflow.verification import approved_pack_verify
from countersign_verify.addendum import addendum_check, addendum_verify
from countersign_verify.canonical import canonical_bytes
from countersign_verify.errors import RefusedError
from countersign_verify.log_events import event_read
from countersign_verify.vocabulary import EVENT_MERGE_ABANDONED, EVENT_MERGE_INTENDED

if TYPE_CHECKING:
    from countersign.approvals.contracts import RequestData
    from countersign.projects.contracts import ProjectData
    from countersign.runs.contracts import MergeData, RunData
    from countersign_verify.pack_verify import VerifiedPack

_INTENDED = ("base_before", "merge_commit", "state_commit", "tag", "result_tree")


class IntentForged(Conflict):
    """The table tells of an intended merge that the signed log, or what was decided, does not bear out."""

    code = "intent_forged"


def intent_logged(merge: MergeData) -> None:
    """Refuse an intent that the signed log does not tell of in the same way, or says was taken back.

    Raises:
        IntentForged: so it is; the message says which.
    """
    try:
        _logged(merge)
    except (RefusedError, LogDamaged) as error:
        message = f"the intended merge is not the one of the signed log: {error.message}"
        raise IntentForged(message, run_id=merge.run_id) from error


def _logged(merge: MergeData) -> None:
    event = event_logged(merge.event_id)
    if (event.type, event.subject_id) != (EVENT_MERGE_INTENDED, merge.run_id):
        raise RefusedError("merge.intent", "the event that it names is another one")
    moved = [name for name in _INTENDED if event.data[name] != getattr(merge, name)]
    moved += ["addendum"] if event.data.get("addendum") != merge.addendum_digest else []
    if moved:
        raise RefusedError("merge.intent", f"the log says another {', '.join(moved).replace('_', ' ')}")
    _still_intended(merge, event.index)


def _still_intended(merge: MergeData, index: int) -> None:
    taken_back = events_proved(types=[EVENT_MERGE_ABANDONED], subject=("run", merge.run_id))
    for proved in taken_back:
        _, event = event_read(proved.body, proved.index)
        if event is not None and event.index > index:
            raise RefusedError("merge.intent", "the log says that it was taken back")


def intent_verify(*, project: ProjectData, run: RunData, request: RequestData, merge: MergeData) -> None:
    """Refuse an intent whose commits are not those that follow from the change and its decisions.

    Raises:
        IntentForged: so it is, or the signed log does not tell of it.
    """
    intent_logged(merge)
    planned = merge_plan(
        project=project,
        run=run,
        request=request,
        base=merge.base_before,
        result_tree=merge.result_tree,
        addendum=merge.addendum_digest,
    )
    if any(getattr(planned, name) != getattr(merge, name) for name in _INTENDED):
        message = "the intended commits are not those that follow from what was decided"
        raise IntentForged(message, run_id=run.id)


def intent_approved(*, run: RunData, request: RequestData, merge: MergeData) -> None:
    """Refuse an intent that the pack, the decisions and, on a moved base, the addendum do not bear out.

    Raises:
        PackDamaged: pack or decisions do not verify.
        IntentForged: it is over another base or result than they are.
        DomainError: as ``approved_pack_verify`` says.
    """
    verified = approved_pack_verify(run, request)
    try:
        _bound(merge, request, verified)
    except RefusedError as error:
        message = f"the intended merge is not what was decided on: {error.message}"
        raise IntentForged(message, run_id=run.id) from error


def _bound(merge: MergeData, request: RequestData, verified: VerifiedPack) -> None:
    subject = verified.pack.subject
    base, result = subject["base_commit"], subject["result_tree"]
    if merge.addendum_digest is not None:
        stored = {item.digest: item for item in addenda_of_runs(actor=EXECUTOR, run_ids=(merge.run_id,))}
        row = stored.get(merge.addendum_digest)
        if row is None:
            raise RefusedError("merge.addendum", "its addendum is not there")
        envelope = canonical_bytes(dict(row.envelope))
        addendum = addendum_verify(envelope, trust_current(allow_unattended=demo_installation()))
        addendum_check(addendum, verified)
        if (addendum.statement_digest, addendum.request_id) != (merge.addendum_digest, request.id):
            raise RefusedError("merge.addendum", "its addendum is another one, or of another request")
        base, result = addendum.new_base, addendum.result_tree
    if (merge.base_before, merge.result_tree) != (base, result):
        raise RefusedError("merge.binding", "it is over another base or result")
