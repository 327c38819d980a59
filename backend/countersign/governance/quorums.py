"""Reading who must decide: what holds now, what was proposed, and what the log says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db.models import Q

from countersign.accounts.policies import require
from countersign.audit.selectors import event_is_checkpointed, event_list
from countersign.governance.errors import QuorumPolicyNotFound, QuorumPolicyUnlogged
from countersign.governance.quorum_models import QuorumPolicy, QuorumPolicyState
from countersign.shared.actor import service_actor
from countersign_verify.quorum_policy import BUILT_IN, tiers_read

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from countersign.shared.actor import Actor
    from countersign_verify.quorum_policy import Tiers

PLATFORM: Final = "platform"  # how the log names the platform's own policy
_READER: Final = service_actor("governance")


@dataclass(frozen=True, slots=True)
class QuorumInForce:
    """What holds for a project.

    Attributes:
        own: the project has a policy of its own.
        version: of the newest policy that counts, its own or the platform's; 0 for what is built in.
        waiting: a policy that asks for less is set, and waits for its checkpoint.
    """

    tiers: Tiers
    own: bool
    version: int
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class QuorumPolicyData:
    """One version, or a proposal for the next.

    Attributes:
        project_id: whose it is; nothing for the platform's.
        tiers: numbers by role and tier; nothing where a project goes back to the platform's.
        state: ``proposed``, ``set`` or ``withdrawn``.
        checkpointed: a signed checkpoint covers it.
    """

    id: str
    project_id: str
    version: int | None
    replaces: int
    tiers: Tiers | None
    reason: str
    state: str
    proposed_by: str
    decided_by: str | None
    created_at: datetime
    decided_at: datetime | None
    checkpointed: bool


def policy_data(row: QuorumPolicy) -> QuorumPolicyData:
    """Return what others see of a policy."""
    return QuorumPolicyData(
        id=str(row.id),
        project_id=str(row.project_id) if row.project_id else "",
        version=row.version,
        replaces=row.replaces,
        tiers=None if row.tiers is None else tiers_read(row.tiers),
        reason=row.reason,
        state=row.state,
        proposed_by=str(row.proposed_by),
        decided_by=str(row.decided_by) if row.decided_by else None,
        created_at=row.created_at,
        decided_at=row.decided_at,
        checkpointed=bool(row.event_id) and event_is_checkpointed(str(row.event_id)),
    )


def policy_list(
    *, actor: Actor, project_id: str = "", platform: bool = False
) -> tuple[QuorumPolicyData, ...]:
    """Return policies, the newest first: all of them, those of a project, or the platform's.

    Raises:
        PermissionDenied: the actor may not read.
    """
    require(actor, "read")
    rows = QuorumPolicy.objects.order_by("-created_at", "-version")
    if project_id or platform:
        rows = rows.filter(scope_filter(project_id))
    return tuple(policy_data(row) for row in rows)


def policy_row(policy_id: str, *, lock: bool = False) -> QuorumPolicy:
    """Return the row of a policy.

    Raises:
        QuorumPolicyNotFound: there is none.
    """
    rows = QuorumPolicy.objects.select_for_update() if lock else QuorumPolicy.objects.all()
    try:
        row = rows.filter(pk=UUID(policy_id)).first()
    except ValueError:
        row = None
    if row is None:
        message = "there is no such quorum policy"
        raise QuorumPolicyNotFound(message, policy_id=policy_id)
    return row


def policies_set(project_id: str) -> list[QuorumPolicy]:
    """Return the versions of a scope that were set, the newest first, as the log tells of them.

    Raises:
        QuorumPolicyUnlogged: the log tells of another newest version, of none, or of one that is gone.
    """
    # Both are read twice where they differ: a policy may have been set between the two questions.
    for _ in range(2):
        rows = list(
            QuorumPolicy.objects.filter(scope_filter(project_id), state=QuorumPolicyState.SET).order_by(
                "-version"
            )
        )
        told = event_list(
            actor=_READER,
            subject=("quorum_policy", project_id or PLATFORM),
            type="quorum_policy.set",
            limit=1,
        )
        newest = [(str(row.event_id), row.tiers, row.version) for row in rows[:1]]
        if newest == [(event.id, event.data["tiers"], event.data["version"]) for event in told]:
            return rows
    message = "the log does not tell of the quorum policy as the table does: nothing is decided under it"
    raise QuorumPolicyUnlogged(message, project_id=project_id)


def scope_filter(project_id: str) -> Q:
    """Return what finds the policies of a project, or (without one) the platform's."""
    return Q(project_id=project_id) if project_id else Q(project__isnull=True)


def quorum_latest(project_id: str) -> tuple[Tiers, int]:
    """Return what was set last for a scope, covered by a checkpoint or not, and its version in that scope.

    Raises:
        QuorumPolicyUnlogged: the log tells of something else.
    """
    rows = policies_set(project_id)
    version = int(rows[0].version or 0) if rows else 0
    if rows and rows[0].tiers is not None:
        return tiers_read(rows[0].tiers), version
    return (quorum_latest("")[0] if project_id else BUILT_IN), version


def quorum_in_force(*, project_id: str) -> QuorumInForce:
    """Return who must decide on changes of a project now.

    What asks for more holds at once. What asks for less waits until a signed checkpoint covers it: until then
    everything that it lets go is asked for as well.

    Raises:
        QuorumPolicyUnlogged: the log tells of something else than the tables.
    """
    platform = _joined(policies_set(""), BUILT_IN, own=False)
    return (
        _joined(policies_set(project_id), platform.tiers, own=True, above=platform)
        if project_id
        else platform
    )


def _joined(
    rows: Sequence[QuorumPolicy], fallback: Tiers, *, own: bool, above: QuorumInForce | None = None
) -> QuorumInForce:
    """Ask for what the newest version does, and until a checkpoint covers it also for what held before."""
    counted: list[Tiers] = []
    covered = False
    for row in rows:
        counted.append(fallback if row.tiers is None else tiers_read(row.tiers))
        covered = event_is_checkpointed(str(row.event_id))
        if covered:
            break
    if not covered:
        counted.append(fallback)
    tiers = {
        tier: {
            role: max(item[tier].get(role, 0) for item in counted)
            for role in sorted({role for item in counted for role in item[tier]})
        }
        for tier in sorted(BUILT_IN)
    }
    follows = not rows or rows[0].tiers is None
    waiting = bool(rows) and tiers != counted[0]
    if follows and above is not None:
        return QuorumInForce(tiers, own=False, version=above.version, waiting=waiting or above.waiting)
    version = int(rows[0].version or 0) if rows else 0
    return QuorumInForce(tiers, own=own, version=version, waiting=waiting)
