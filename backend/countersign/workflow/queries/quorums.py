"""Who decides in each project: what holds, what was proposed, and whether enough people are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.accounts.keys import key_twins
from countersign.accounts.policies import may, require
from countersign.accounts.selectors import person_names
from countersign.governance.quorums import policy_list, quorum_in_force
from countersign.projects.selectors import project_list
from countersign.workflow.contracts.quorums import (
    QuorumPartView,
    QuorumPolicyView,
    QuorumScopeView,
    QuorumTierView,
    SeatsView,
)
from countersign.workflow.quorums import tiers_standing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.governance.quorums import QuorumPolicyData
    from countersign.projects.contracts import ProjectData
    from countersign.shared.actor import Actor
    from countersign_verify.quorum_policy import Tiers


def quorum_scopes(*, actor: Actor) -> tuple[QuorumScopeView, ...]:
    """Return who decides by the platform's policy and in each project, the platform first.

    Raises:
        PermissionDenied: the actor may not read.
        QuorumPolicyUnlogged: the log tells of another quorum policy than the tables.
    """
    require(actor, "read")
    projects = project_list(actor=actor)
    policies = policy_list(actor=actor)
    people = person_names(
        [person for item in policies for person in (item.proposed_by, item.decided_by) if person]
    )
    twins = key_twins(str(actor.person_id))
    views = {item.id: _policy_view(actor, item, people, twins, projects) for item in policies}
    by_scope: dict[str, list[QuorumPolicyView]] = {}
    for item in policies:
        by_scope.setdefault(item.project_id, []).append(views[item.id])
    return (
        _scope(None, by_scope.get("", [])),
        *(_scope(project, by_scope.get(project.id, [])) for project in projects),
    )


def _scope(project: ProjectData | None, policies: list[QuorumPolicyView]) -> QuorumScopeView:
    held = quorum_in_force(project_id=project.id if project else "")
    seats = {standing.tier: standing for standing in tiers_standing(project)} if project else {}
    trial = project is not None and project.trial
    return QuorumScopeView(
        project=project.slug if project else None,
        own=held.own,
        version=held.version,
        waiting=held.waiting,
        trial=trial,
        tiers=tuple(
            QuorumTierView(
                tier=tier,
                quorum=_parts(parts),
                seats=tuple(
                    SeatsView(seat.role, seat.required, seat.eligible, seat.missing)
                    for seat in (seats[tier].seats if tier in seats else ())
                ),
                lacks=None
                if project is None or tier not in seats or seats[tier].met
                else seats[tier].text(project),
            )
            for tier, parts in sorted(held.tiers.items(), reverse=True)
            if not trial or tier in seats
        ),
        proposal=next((item for item in policies if item.state == "proposed"), None),
        versions=tuple(item for item in policies if item.state != "proposed"),
    )


def _parts(parts: Mapping[str, int]) -> tuple[QuorumPartView, ...]:
    return tuple(QuorumPartView(role, count) for role, count in sorted(parts.items()))


def _tier_views(tiers: Tiers | None) -> tuple[QuorumTierView, ...] | None:
    if tiers is None:
        return None
    return tuple(QuorumTierView(tier, _parts(parts)) for tier, parts in sorted(tiers.items(), reverse=True))


def policy_view(*, actor: Actor, policy: QuorumPolicyData) -> QuorumPolicyView:
    """Return a policy as every face shows it."""
    people = person_names([person for person in (policy.proposed_by, policy.decided_by) if person])
    twins = key_twins(str(actor.person_id))
    return _policy_view(actor, policy, people, twins, project_list(actor=actor))


def _policy_view(
    actor: Actor,
    policy: QuorumPolicyData,
    people: Mapping[str, str],
    twins: frozenset[str],
    projects: tuple[ProjectData, ...],
) -> QuorumPolicyView:
    slugs = {project.id: project.slug for project in projects}
    waits = policy.state == "proposed"
    own = policy.proposed_by in {actor.person_id, *twins}
    return QuorumPolicyView(
        id=policy.id,
        project=slugs.get(policy.project_id),
        state=policy.state,
        version=policy.version,
        tiers=_tier_views(policy.tiers),
        reason=policy.reason,
        proposed_by=people.get(policy.proposed_by, "unknown"),
        decided_by=people.get(policy.decided_by, "unknown") if policy.decided_by else None,
        created_at=policy.created_at,
        decided_at=policy.decided_at,
        checkpointed=policy.checkpointed,
        may_confirm=waits and not own and may(actor, "quorum.confirm"),
        may_withdraw=waits and may(actor, "quorum.withdraw"),
    )
