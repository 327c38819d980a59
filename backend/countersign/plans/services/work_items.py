"""Proposing work items and moving them on."""

from collections.abc import Collection, Iterable, Mapping

from django.db import transaction

from countersign.accounts.policies import require
from countersign.audit.services import record
from countersign.jobs.contracts import Lease
from countersign.jobs.services import lease_check
from countersign.plans.contracts import WorkItemData, WorkItemDraft, WorkItemState
from countersign.plans.conversions import work_item_data
from countersign.plans.errors import InputMissing, PhaseBlocked, WorkItemStateConflict
from countersign.plans.inputs import inputs_for
from countersign.plans.models import Deliverable, WorkItem
from countersign.plans.selectors import as_uuid, blockers_of, work_item_row
from countersign.plans.services.locks import plan_lock
from countersign.projects.selectors import project_get
from countersign.shared.actor import Actor
from countersign.shared.errors import InvalidInput

_S = WorkItemState
_MOVES: Mapping[WorkItemState, frozenset[WorkItemState]] = {
    _S.PROPOSED: frozenset({_S.READY, _S.RUNNING, _S.BACKLOG}),
    _S.READY: frozenset({_S.RUNNING, _S.BACKLOG}),
    _S.RUNNING: frozenset({_S.MERGED, _S.REJECTED, _S.READY, _S.BACKLOG}),
    _S.BACKLOG: frozenset({_S.PROPOSED}),
    _S.REJECTED: frozenset({_S.READY, _S.BACKLOG}),
    _S.MERGED: frozenset(),
}


@transaction.atomic(durable=True)
def work_items_create(
    *,
    actor: Actor,
    project_id: str,
    session_id: str,
    items: Iterable[WorkItemDraft],
    lease: Lease | None = None,
) -> tuple[WorkItemData, ...]:
    """Propose the work items of an analysis session.

    A repeat gives the items that are there. What an earlier session proposed and nobody began is
    put aside: this session looked at the project again.

    Raises:
        PermissionDenied: The actor may not propose work.
        LeaseLost: Another worker has taken the step over.
        NotFound: There is no such project or deliverable.
        InvalidInput: Two items have one key, an item starts in another state than proposed or backlog,
            or its deliverable belongs to another project.
    """
    if lease is not None:
        lease_check(lease)
    require(actor, "session.write")
    project = project_get(actor=actor, project_id=project_id)
    session = as_uuid(session_id, "session")
    drafts = tuple(items)
    _keys_check(drafts)
    _superseded_put_aside(actor, project.id, session_id)
    known = {item.key: item for item in WorkItem.objects.filter(session_id=session)}
    for draft in drafts:
        if draft.key not in known:
            known[draft.key] = _work_item_create(actor, project.id, session_id, draft)
    rows = WorkItem.objects.filter(session_id=session).select_related("deliverable__phase")
    return tuple(work_item_data(row) for row in rows)


def _keys_check(drafts: tuple[WorkItemDraft, ...]) -> None:
    """Refuse two items of one key: the second would be taken for a repeat of the first and be lost."""
    keys = [draft.key for draft in drafts]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise InvalidInput(f"Two work items of one session have the key {twice[0]!r}.", keys=twice)


def _work_item_create(actor: Actor, project_id: str, session_id: str, draft: WorkItemDraft) -> WorkItem:
    if draft.state not in {_S.PROPOSED, _S.BACKLOG}:
        raise InvalidInput(
            "A work item starts as proposed or in the backlog.", key=draft.key, state=draft.state
        )
    if draft.deliverable_id is not None:
        _deliverable_check(draft, project_id)
    row = WorkItem.objects.create(
        project_id=project_id,
        session_id=session_id,
        deliverable_id=draft.deliverable_id,
        key=draft.key,
        title=draft.title,
        kind=draft.kind.value,
        tool=draft.tool,
        rules=list(draft.rules),
        paths=list(draft.paths),
        finding_ids=list(draft.finding_ids),
        priority=draft.priority,
        persona=draft.persona,
        adapter=draft.adapter,
        state=draft.state.value,
        reason=draft.reason,
    )
    record(
        actor=actor,
        type="work_item.created",
        subject=("work_item", str(row.id)),
        data={
            "project_id": project_id,
            "session_id": session_id,
            "deliverable_id": draft.deliverable_id,
            "key": draft.key,
            "state": draft.state.value,
            "rules": list(draft.rules),
            "paths": len(draft.paths),
            "findings": len(draft.finding_ids),
            "persona": draft.persona,
            "adapter": draft.adapter,
        },
    )
    return row


def _deliverable_check(draft: WorkItemDraft, project_id: str) -> None:
    owner = (
        Deliverable.objects.filter(pk=as_uuid(draft.deliverable_id or "", "deliverable"))
        .values_list("phase__plan__project_id", flat=True)
        .first()
    )
    if str(owner) != project_id:
        raise InvalidInput(
            "The deliverable of a work item must belong to the project's own plan.",
            key=draft.key,
            deliverable_id=draft.deliverable_id,
        )


def _superseded_put_aside(actor: Actor, project_id: str, session_id: str) -> None:
    waiting = [_S.PROPOSED.value, _S.READY.value]
    stale = WorkItem.objects.filter(project_id=project_id, state__in=waiting)
    for row in stale.exclude(session_id=session_id).select_for_update(of=("self",)):
        before = row.state
        WorkItem.objects.filter(pk=row.pk).update(
            state=_S.BACKLOG.value, reason="superseded by a later analysis session"
        )
        _move_record(actor, row, before, _S.BACKLOG.value, "superseded by a later session")


@transaction.atomic(durable=True)
def work_item_start(*, actor: Actor, work_item_id: str, lease: Lease | None = None) -> WorkItemData:
    """Begin a work item, provided every phase before its own is complete.

    Raises:
        PermissionDenied: The actor may not start runs.
        LeaseLost: Another worker has taken the step over.
        NotFound: There is no such work item.
        PhaseBlocked: A phase before this one is incomplete; `missing` lists what is lacking.
        InputMissing: It needs inputs that nobody has answered; `missing` names them.
        WorkItemStateConflict: The item is not proposed or ready.
    """
    if lease is not None:
        lease_check(lease)
    require(actor, "run.write")
    return _move(actor, work_item_id, frozenset({_S.PROPOSED, _S.READY}), _S.RUNNING, "")


@transaction.atomic(durable=True)
def work_item_move(
    *,
    actor: Actor,
    work_item_id: str,
    expected: WorkItemState | str | Collection[WorkItemState | str],
    to: WorkItemState | str,
    reason: str = "",
    lease: Lease | None = None,
) -> WorkItemData:
    """Move a work item on, if it is in one of the expected states.

    Raises:
        PermissionDenied: The actor may not move work items.
        LeaseLost: Another worker has taken the step over.
        NotFound: There is no such work item.
        PhaseBlocked: It was to be started while a phase before its own is incomplete.
        InputMissing: It was to be started while inputs that it needs have no answer.
        WorkItemStateConflict: It is in another state, or there is no such move.
    """
    if lease is not None:
        lease_check(lease)
    require(actor, "run.write")
    states = [expected] if isinstance(expected, str) else expected
    return _move(
        actor,
        work_item_id,
        frozenset(WorkItemState(state) for state in states),
        WorkItemState(to),
        reason,
    )


def _move(
    actor: Actor,
    work_item_id: str,
    expected: frozenset[WorkItemState],
    to: WorkItemState,
    reason: str,
) -> WorkItemData:
    row = work_item_row(work_item_id)
    if to is _S.RUNNING:
        _phase_gate_check(row)
        _inputs_check(row)
    # Locked, so that the state named in the audit event is the one the move really left.
    before = WorkItem.objects.select_for_update().values_list("state", flat=True).get(pk=row.pk)
    allowed = [state.value for state in expected if to in _MOVES[state]]
    changes = {"state": to.value} | ({"reason": reason} if reason else {})
    if not WorkItem.objects.filter(pk=row.pk, state__in=allowed).update(**changes):
        raise WorkItemStateConflict(
            f"The work item {row.key!r} is {before}; it can't become {to.value} from there. "
            "Look at it again before you act.",
            work_item=work_item_id,
            state=before,
            to=to.value,
        )
    _move_record(actor, row, before, to.value, reason)
    return work_item_data(work_item_row(work_item_id))


def _phase_gate_check(row: WorkItem) -> None:
    """Refuse a start while a phase before this one is incomplete."""
    if row.deliverable is None:
        return
    plan_lock(row.deliverable.phase.plan_id)
    missing = blockers_of(row)
    if missing:
        raise PhaseBlocked(
            f"The work item {row.key!r} belongs to phase {row.deliverable.phase.code}, which can't "
            f"begin yet: {'; '.join(missing)}.",
            work_item=str(row.id),
            phase=row.deliverable.phase.code,
            missing=list(missing),
        )


def _inputs_check(row: WorkItem) -> None:
    """Refuse a start that would have to guess."""
    found = inputs_for(row.deliverable)
    if found.missing:
        raise InputMissing(
            f"The work item {row.key!r} waits for {', '.join(found.missing)}. Answer on the page of its "
            "plan, with `countersign plan answer`, or POST /api/v1/plans/{id}/inputs/.",
            work_item=str(row.id),
            plan=found.plan_id,
            missing=list(found.missing),
        )


def _move_record(actor: Actor, row: WorkItem, before: str, to: str, reason: str) -> None:
    record(
        actor=actor,
        type="work_item.moved",
        subject=("work_item", str(row.id)),
        data={"key": row.key, "from": before, "to": to, "reason": reason},
    )
