"""What waits in a project, in which order, and what is known ahead of time about each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from countersign.accounts.policies import may
from countersign.accounts.selectors import person_names
from countersign.approvals.quorum import quorum_progress
from countersign.approvals.selectors import request_get
from countersign.projects.selectors import project_get
from countersign.projects.settings import settings_with_defaults
from countersign.runs.queue import merge_seconds, queue_list, reservation_of, standings_of
from countersign.runs.selectors import merge_of, run_get
from countersign.shared.clock import now
from countersign.workflow.contracts import PlaceView, QueueView, ReservationView
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.queries.common import project_ref
from countersign.workflow.reserving import reservable
from countersign.workflow.standing import standing_is_of, stands

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.approvals.contracts import RequestData
    from countersign.projects.contracts import ProjectData
    from countersign.runs.contracts import ReservationData, RunData, StandingData
    from countersign.shared.actor import Actor
    from countersign.workflow.contracts.queue import PlaceVerdict

NOT_YET = "its verification has not ended yet"
REFUSED = "it was not approved, and leaves the line"
EXPIRED = "its time is over: it counts as not approved, and can be asked for again"
_REFUSED = ("rejected", "changes_requested")


@dataclass(frozen=True, slots=True)
class _Known:
    verdict: PlaceVerdict
    why: str = ""
    standing: StandingData | None = None
    # What the branch will hold once it is merged; nothing where nobody knows.
    base: str = ""


def queue_get(*, actor: Actor, project: str) -> QueueView:
    """Return the merge queue of a project.

    Raises:
        PermissionDenied: the actor may not read runs.
        ProjectNotFound: there is no such project.
    """
    found = project_get(actor=actor, project=project)
    runs = queue_list(actor=actor, project_id=found.id)
    kept = reservation_of(actor=actor, project_id=found.id)
    settings = settings_with_defaults(found.settings)
    return QueueView(
        project=project_ref(found),
        branch=found.default_branch,
        head_commit=found.head_commit,
        base_move="strict" if settings["base_move"] == "strict" else "carry_over",
        slot_minutes=int(str(settings["slot_minutes"])),
        merge_seconds=merge_seconds(project_id=found.id),
        may_reserve=may(actor, "slot.keep"),
        may_configure=may(actor, "project.write"),
        reservation=_reservation_view(actor, kept) if kept else None,
        places=_places(actor, found, runs, kept),
    )


def _reservation_view(actor: Actor, kept: ReservationData) -> ReservationView:
    run = run_get(actor=actor, run_id=kept.run_id)
    return ReservationView(
        run_id=run.id,
        # While it makes a new pack it has no request.
        request_id=run.request_id or None,
        title=run.title,
        by_label=person_names([kept.person_id]).get(kept.person_id, "unknown"),
        reserved_at=kept.reserved_at,
        expires_at=kept.expires_at,
    )


def _places(
    actor: Actor, project: ProjectData, runs: tuple[RunData, ...], kept: ReservationData | None
) -> tuple[PlaceView, ...]:
    standings = standings_of(actor=actor, run_ids=[run.id for run in runs])
    titles = {run.id: run.title for run in runs}
    base, places = project.head_commit, []
    for position, run in enumerate(runs, start=1):
        request = request_get(actor=actor, request_id=run.request_id)
        if run.state == "waiting_approval":
            known = _pending_known(project, run, request, standings.get(run.id))
        else:
            known = _approved_known(run, request, standings.get(run.id), base)
            base = known.base
        places.append(_place_view(position, run, request, known, kept=kept, titles=titles))
    return tuple(places)


def _approved_known(run: RunData, request: RequestData, standing: StandingData | None, base: str) -> _Known:
    merge = merge_of(actor=EXECUTOR, run_id=run.id)
    if merge is not None:
        # Its commits are fixed; nothing else is merged before them.
        return _Known("holds", base=merge.state_commit)
    if not base or standing is None or not standing_is_of(standing, request, base):
        return _Known("unverified", NOT_YET)
    if standing.verdict == "unknown":
        return _Known("unknown", standing.why, standing, base)
    if standing.verdict == "void":
        # It leaves the line: the next one stands where it would have stood.
        return _Known("void", standing.why, standing, base)
    return _Known("holds", "", standing, standing.next_base)


def _pending_known(
    project: ProjectData, run: RunData, request: RequestData, standing: StandingData | None
) -> _Known:
    if request.state in _REFUSED:
        return _Known("void", REFUSED)
    # One that is approved holds its old place until that is carried out, and stands as it stood.
    if request.state != "approved" and (request.state != "pending" or request.expires_at <= now()):
        return _Known("void", request.void_reason or EXPIRED)
    found = stands(project, run, request, standing)
    return _Known(found.verdict, NOT_YET if found.verdict == "unverified" else found.why, found.standing)


def _place_view(
    position: int,
    run: RunData,
    request: RequestData,
    known: _Known,
    *,
    kept: ReservationData | None,
    titles: Mapping[str, str],
) -> PlaceView:
    progress = quorum_progress(request.policy.quorum, request.decisions)
    standing = known.standing
    waits = run.state == "waiting_approval"
    return PlaceView(
        position=position,
        run_id=run.id,
        request_id=request.id,
        title=run.title,
        state=run.state,  # type: ignore[arg-type]  # what stands in line has one of these
        since=request.created_at if waits or run.queued_at is None else run.queued_at,
        tier="cab" if request.policy.tier == "cab" else "director",
        risk_score=run.score,
        votes=sum(min(item.given, item.required) for item in progress),
        votes_required=sum(item.required for item in progress),
        verdict=known.verdict,
        why=known.why,
        behind=tuple(titles[run_id] for run_id in standing.behind if run_id in titles) if standing else (),
        checked_at=standing.checked_at if standing else None,
        reserved=kept is not None and kept.run_id == run.id,
        reservable=reservable(request) and run.state != "merging",
    )
