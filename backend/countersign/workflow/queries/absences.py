"""Who is away: in all, and among those who would be asked about a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.accounts.away import absence_list, away_at, stand_ins_possible
from countersign.accounts.policies import may
from countersign.accounts.selectors import person_names
from countersign.approvals.selectors import request_get
from countersign.approvals.standing_in import people_asked
from countersign.shared.clock import now
from countersign.workflow.contracts.absences import (
    AbsencesView,
    AbsenceView,
    RequestAbsenceView,
    StandInView,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.accounts.contracts import AbsenceData, Away
    from countersign.approvals.contracts import RequestData
    from countersign.shared.actor import Actor


def absences_view(*, actor: Actor) -> AbsencesView:
    """Return who is away, and who could stand in for the viewer.

    Raises:
        PermissionDenied: the actor may not read.
    """
    return AbsencesView(
        results=tuple(absence_view(actor=actor, absence=item) for item in absence_list(actor=actor)),
        stand_ins=tuple(
            StandInView(person, name, roles)
            for person, (name, roles) in stand_ins_possible(person_id=str(actor.person_id)).items()
        )
        if actor.person_id
        else (),
        may_declare_for_others=may(actor, "account.write"),
    )


def absence_view(*, actor: Actor, absence: AbsenceData) -> AbsenceView:
    """Return one absence as the viewer sees it."""
    mine = actor.person_id == absence.person_id
    return AbsenceView(
        id=absence.id,
        person_id=absence.person_id,
        person=absence.person_name,
        delegate_id=absence.delegate_id,
        delegate=absence.delegate_name,
        roles=absence.roles,
        nobody=absence.nobody,
        gaps=absence.gaps,
        starts_at=absence.starts_at,
        ends_at=absence.ends_at,
        ended_at=absence.ended_at,
        state=absence.state,  # type: ignore[arg-type]  # one of the three, as its contract says
        declared_by=absence.declared_by,
        mine=mine,
        stands_in=absence.delegate_id is not None and actor.person_id == absence.delegate_id,
        may_change=absence.state != "over" and (mine or may(actor, "account.write")),
    )


def request_absences(*, actor: Actor, request_id: str) -> tuple[RequestAbsenceView, ...]:
    """Return who would be asked about a request and is away, and who is asked instead.

    Raises:
        PermissionDenied: the actor may not read requests.
        RequestNotFound: there is none.
    """
    request = request_get(actor=actor, request_id=request_id)
    if request.state != "pending":
        return ()
    absent = people_asked(request, away_at(now())).away
    names = person_names([person for item in absent for person in (item.person_id, item.stand_in) if person])
    return tuple(
        RequestAbsenceView(
            person=names.get(item.person_id, "unknown"),
            roles=item.roles,
            until=item.until,
            stand_in=names.get(item.stand_in, "unknown") if item.stand_in else None,
            nobody=item.nobody,
            mine=item.stand_in is not None and item.stand_in == actor.person_id,
        )
        for item in absent
    )


def stood_in_for(actor: Actor, request: RequestData, away: Mapping[str, Away]) -> tuple[str, ...]:
    """Return the names of those for whom the viewer is asked about a request that waits."""
    if request.state != "pending" or not any(item.stand_in == actor.person_id for item in away.values()):
        return ()
    absent = people_asked(request, away).away
    names = person_names(item.person_id for item in absent if item.stand_in == actor.person_id)
    return tuple(sorted(names.values()))
