"""Who can't decide on a request and why, and who still can."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from countersign.accounts.eligible import deciders, role_persons
from countersign.accounts.keys import key_groups
from countersign.accounts.selectors import person_names
from countersign.approvals.errors import ApproverExcluded
from countersign.approvals.quorum import roles_lacking
from countersign.approvals.standing_in import persons_outside
from countersign.audit.errors import LogDamaged
from countersign.shared.env import demo_installation
from countersign.workflow.contracts import DecidersView, ExcludedView
from countersign.workflow.logged import participants_logged
from countersign.workflow.relaxing import let_pass_by
from countersign_verify.errors import RefusedError
from countersign_verify.participants import HAD_MADE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.approvals.contracts import RequestData
    from countersign.shared.actor import Actor
    from countersign.workflow.contracts import BlockedReason

_TOOK_PART: Final = "took part in this change"


def excluded_views(request: RequestData) -> tuple[ExcludedView, ...]:
    """Return who can't decide on a request, and how each took part."""
    parts = _parts(request)
    names = person_names(request.excluded)
    return tuple(
        ExcludedView(names.get(person, "unknown"), parts.get(person, _TOOK_PART))
        for person in request.excluded
    )


def reason_explained(
    actor: Actor, request: RequestData, reason: BlockedReason | None
) -> BlockedReason | None:
    """Return why the viewer can't decide; of one who took part it says how."""
    if reason is None or reason.code != ApproverExcluded.code:
        return reason
    for person in sorted(actor.participants & set(request.excluded)):
        whose = "you" if person == actor.person_id else "whoever minted the token in use"
        how = _parts(request).get(person, _TOOK_PART)
        return replace(reason, text=f"{whose} {how}, so you can't decide on it")
    return reason


def deciders_views(request: RequestData) -> tuple[DecidersView, ...]:
    """Return for each role that still lacks approvals who could give them; each key counts once."""
    if request.state != "pending":
        return ()
    lacking = roles_lacking(request.policy.quorum, request.decisions)
    groups = key_groups()
    held = role_persons(roles=lacking, unattended=demo_installation())
    left = deciders(held, groups, without=persons_outside(request, groups))
    names = person_names([person for one in left for person in one.persons])
    return tuple(
        DecidersView(
            role=role,
            needed=needed,
            people=tuple(
                sorted(
                    " or ".join(sorted(names.get(person, "unknown") for person in one.persons))
                    for one in left
                    if role in one.roles
                )
            ),
        )
        for role, needed in sorted(lacking.items())
    )


def _parts(request: RequestData) -> Mapping[str, str]:
    """How each person took part, as the log tells; nothing where it can't be read yet."""
    if request.subject_kind != "change":
        return dict.fromkeys(request.excluded, HAD_MADE)
    try:
        parts = _parts_logged(request.subject_id)
        if set(request.excluded) <= parts.keys():
            return parts
        return {**let_pass_by(request), **parts}
    except (RefusedError, LogDamaged):
        # Only words for the page: whether it may be merged is another check, which does not forgive.
        return {}


@lru_cache(maxsize=4096)
def _parts_logged(run_id: str) -> Mapping[str, str]:
    """How a run began never changes."""
    return participants_logged(run_id).of_run(run_id)
