"""Setting who must decide: an administrator asks for more at once, and for less with a second person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from countersign.accounts.keys import key_twins
from countersign.accounts.policies import require
from countersign.audit.services import record
from countersign.governance.errors import (
    QuorumPolicyInvalid,
    QuorumPolicyMoved,
    QuorumPolicyPersons,
)
from countersign.governance.quorum_models import QuorumPolicy, QuorumPolicyState
from countersign.governance.quorums import PLATFORM, policy_data, policy_row, quorum_latest, scope_filter
from countersign.projects.selectors import project_get
from countersign.shared.clock import now
from countersign_verify.errors import RefusedError
from countersign_verify.quorum_policy import tiers_read, tiers_weaker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.governance.quorums import QuorumPolicyData
    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON
    from countersign_verify.quorum_policy import Tiers

MAX_REASON: Final = 4_000
_AT_ONCE: Final = "another policy was set at the same moment: look at it, and propose yours anew"


@transaction.atomic(durable=True)
def quorum_policy_propose(
    *, actor: Actor, tiers: Mapping[str, Mapping[str, int]] | None, reason: str, project: str = ""
) -> QuorumPolicyData:
    """Say who must decide: set at once where it asks for no less than now, else proposed to a second person.

    Args:
        actor: an administrator.
        tiers: numbers by role for each tier; nothing lets a project go back to the platform's.
        reason: why.
        project: slug or id of the project; nothing for the platform's own.

    Raises:
        PermissionDenied: the actor is no administrator.
        QuorumPolicyPersons: no person does this by themselves.
        QuorumPolicyInvalid: no reason, or it asks for nobody, for what is no role, or lets the CAB go.
        QuorumPolicyMoved: nothing would change, or another proposal waits.
        QuorumPolicyUnlogged: the log tells of another policy than the tables.
        ProjectNotFound: there is no such project.
    """
    require(actor, "quorum.propose")
    person = _person(actor)
    scope = project_get(actor=actor, project=project) if project else None
    wanted = _read(tiers, platform=scope is None)
    if not reason.strip() or len(reason) > MAX_REASON:
        message = f"say why, in at most {MAX_REASON} characters"
        raise QuorumPolicyInvalid(message, field="reason")
    project_id = scope.id if scope else ""
    before, version = quorum_latest(project_id)
    after = quorum_latest("")[0] if wanted is None else wanted
    _change_require(project_id, wanted, before, version)
    row = QuorumPolicy(
        project_id=project_id or None,
        replaces=version,
        tiers=wanted,
        reason=reason.strip(),
        proposed_by=person,
    )
    if tiers_weaker(before, after):
        record(actor=actor, type="quorum_policy.proposed", subject=_subject(row), data=_told(actor, row))
    else:
        row.state = QuorumPolicyState.SET
        row.version = version + 1
        row.event_id = _set_record(actor, row)
        row.decided_at = now()
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        waits = "another proposal waits for its second person: have it confirmed or withdrawn first"
        message = waits if row.version is None else _AT_ONCE
        raise QuorumPolicyMoved(message) from error
    row.refresh_from_db()
    return policy_data(row)


def _read(
    tiers: Mapping[str, Mapping[str, int]] | None, *, platform: bool
) -> dict[str, dict[str, int]] | None:
    if tiers is None and not platform:
        return None
    try:
        read = tiers_read(None if tiers is None else {tier: dict(parts) for tier, parts in tiers.items()})
    except RefusedError as error:
        raise QuorumPolicyInvalid(error.message, field="tiers") from error
    return {tier: dict(parts) for tier, parts in read.items()}


def _change_require(project_id: str, wanted: Tiers | None, before: Tiers, version: int) -> None:
    """Refuse what would change nothing: the same numbers, and going back to where one is."""
    newest = QuorumPolicy.objects.filter(
        scope_filter(project_id), state=QuorumPolicyState.SET, version=version
    ).first()
    follows = newest is None or newest.tiers is None
    if wanted is None and follows:
        message = "the project follows the platform's policy already"
        raise QuorumPolicyMoved(message)
    if wanted is not None and wanted == before and not (project_id and follows):
        message = "this is who must decide already: nothing would change"
        raise QuorumPolicyMoved(message)


@transaction.atomic(durable=True)
def quorum_policy_confirm(*, actor: Actor, policy_id: str) -> QuorumPolicyData:
    """Let a policy hold that asks for less: the word of a second person, who decides.

    Raises:
        PermissionDenied: the actor holds no role that decides.
        QuorumPolicyNotFound: there is no such policy.
        QuorumPolicyPersons: it is who proposed it, or no person by themselves.
        QuorumPolicyMoved: it is decided already, or another policy was set since it was proposed.
        QuorumPolicyUnlogged: the log tells of another policy than the tables.
    """
    require(actor, "quorum.confirm")
    person = _person(actor)
    row = policy_row(policy_id, lock=True)
    if row.proposed_by == person or str(row.proposed_by) in key_twins(str(person)):
        message = "asking for less takes two people with a key each: somebody else has to confirm it"
        raise QuorumPolicyPersons(message, policy_id=policy_id)
    _waiting_require(row)
    _set(actor, row, person)
    row.refresh_from_db()
    return policy_data(row)


@transaction.atomic(durable=True)
def quorum_policy_withdraw(*, actor: Actor, policy_id: str) -> QuorumPolicyData:
    """End a proposal: its author takes it back, or somebody who could confirm it refuses.

    Raises:
        PermissionDenied: the actor neither proposes nor confirms policies.
        QuorumPolicyNotFound: there is no such policy.
        QuorumPolicyPersons: no person does this by themselves.
        QuorumPolicyMoved: it does not wait any more.
    """
    require(actor, "quorum.withdraw")
    person = _person(actor)
    row = policy_row(policy_id, lock=True)
    _waiting_require(row)
    QuorumPolicy.objects.filter(pk=row.pk, state=QuorumPolicyState.PROPOSED).update(
        state=QuorumPolicyState.WITHDRAWN, decided_by=person, decided_at=Now()
    )
    record(actor=actor, type="quorum_policy.withdrawn", subject=_subject(row), data={"policy_id": policy_id})
    row.refresh_from_db()
    return policy_data(row)


def _waiting_require(row: QuorumPolicy) -> None:
    if row.state != QuorumPolicyState.PROPOSED:
        message = f"this policy is {row.state}: it does not wait for anybody"
        raise QuorumPolicyMoved(message, policy_id=str(row.id))


def _set(actor: Actor, row: QuorumPolicy, second: UUID) -> None:
    """Let a proposal be the newest version, inside the caller's transaction."""
    project_id = str(row.project_id) if row.project_id else ""
    if quorum_latest(project_id)[1] != row.replaces:
        message = "another policy was set since this was proposed: withdraw it and propose it anew"
        raise QuorumPolicyMoved(message, policy_id=str(row.id))
    event_id = _set_record(actor, row)
    try:
        with transaction.atomic():
            QuorumPolicy.objects.filter(pk=row.pk, state=QuorumPolicyState.PROPOSED).update(
                state=QuorumPolicyState.SET,
                version=row.replaces + 1,
                decided_by=second,
                decided_at=Now(),
                event_id=event_id,
            )
    except IntegrityError as error:
        raise QuorumPolicyMoved(_AT_ONCE) from error


def _set_record(actor: Actor, row: QuorumPolicy) -> UUID:
    """Tell the log that a policy holds from here on."""
    data = {**_told(actor, row), "version": row.replaces + 1}
    return UUID(record(actor=actor, type="quorum_policy.set", subject=_subject(row), data=data))


def _subject(row: QuorumPolicy) -> tuple[str, str]:
    return ("quorum_policy", str(row.project_id) if row.project_id else PLATFORM)


def _told(actor: Actor, row: QuorumPolicy) -> dict[str, JSON]:
    slug = project_get(actor=actor, project_id=str(row.project_id)).slug if row.project_id else ""
    return {
        "policy_id": str(row.id),
        "project": slug,
        "tiers": row.tiers,
        "replaces": row.replaces,
        "reason": row.reason,
        "proposed_by": str(row.proposed_by),
    }


def _person(actor: Actor) -> UUID:
    """Let a person pass who acts by themselves, and return who it is."""
    own = actor.minted_by in {None, actor.person_id}
    if actor.kind != "person" or actor.person_id is None or actor.unattended or not own:
        message = "quorum policies are set by people who act by themselves: use your own token, or log in"
        raise QuorumPolicyPersons(message)
    return UUID(actor.person_id)
