"""Whether enough people are left who could decide, asked before a run spends anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from countersign.accounts.eligible import deciders
from countersign.approvals.contracts import QuorumRule
from countersign.approvals.seats import seats_open
from countersign.governance.quorums import quorum_in_force
from countersign.shared.env import demo_installation
from countersign.shared.errors import Conflict
from countersign_verify.vocabulary import TIER_CAB, TIER_STANDARD

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from countersign.accounts.eligible import Decider
    from countersign.projects.contracts import ProjectData

_TITLES: Final = {TIER_STANDARD: "the standard tier", TIER_CAB: "the tier of the CAB"}


class QuorumImpossible(Conflict):
    """Fewer people are left than have to decide on the result."""

    code = "quorum_impossible"


@dataclass(frozen=True, slots=True)
class Seats:
    """What a tier asks for in one role, and who is there.

    Attributes:
        required: how many have to decide.
        eligible: how many could, people with the same key counted once.
        missing: how many lack where nobody takes two seats.
    """

    role: str
    required: int
    eligible: int
    missing: int


@dataclass(frozen=True, slots=True)
class TierStanding:
    """Whether a tier's quorum can be met."""

    tier: str
    seats: tuple[Seats, ...]

    @property
    def met(self) -> bool:
        """Whether enough people are there."""
        return not any(seat.missing for seat in self.seats)

    def text(self, project: ProjectData) -> str:
        """Say what lacks, and the mend."""
        needed = ", ".join(f"{seat.required} x {seat.role}" for seat in self.seats)
        there = ", ".join(f"{seat.eligible} x {seat.role}" for seat in self.seats)
        missing = " and ".join(f"{seat.role} to {seat.missing} more" for seat in self.seats if seat.missing)
        return (
            f"{_TITLES[self.tier]} of {project.slug} needs {needed}; of those who take no part in this, "
            f"{there} could decide. Give the role {missing} first (countersign user add, or the console)"
        )


def tier_standing(
    tier: str, rules: Sequence[QuorumRule], people: Sequence[Decider], excluded: frozenset[str]
) -> TierStanding:
    """Return whether people who are not excluded can make a quorum."""
    left = [person.roles for person in people if not person.persons & excluded]
    missing = seats_open(rules, left)
    return TierStanding(
        tier,
        tuple(
            Seats(
                role=rule.role,
                required=rule.count,
                eligible=sum(rule.role in roles for roles in left),
                missing=missing.get(rule.role, 0),
            )
            for rule in rules
        ),
    )


def tiers_standing(project: ProjectData, excluded: Iterable[str] = ()) -> tuple[TierStanding, ...]:
    """Return for each tier of a project whether enough people are there; in a trial one person decides.

    Args:
        project: where the change would be made.
        excluded: the persons who would take part in it, and can't decide on it.

    Raises:
        QuorumPolicyUnlogged: the log tells of another quorum policy than the tables.
    """
    tiers: dict[str, tuple[QuorumRule, ...]]
    if project.trial:
        tiers = {TIER_STANDARD: (QuorumRule("director", 1),)}
        excluded = ()
    else:
        tiers = {
            tier: tuple(QuorumRule(role, count) for role, count in sorted(parts.items()))
            for tier, parts in quorum_in_force(project_id=project.id).tiers.items()
        }
    roles = {rule.role for rules in tiers.values() for rule in rules}
    people = deciders(roles=roles, unattended=demo_installation())
    out = frozenset(excluded)
    return tuple(tier_standing(tier, rules, people, out) for tier, rules in sorted(tiers.items()))


def quorum_require(project: ProjectData, excluded: Iterable[str]) -> tuple[str, ...]:
    """Refuse to begin what too few people could approve; return what to know of the tier of the CAB.

    Args:
        project: where the change would be made.
        excluded: the persons who would take part in it, and can't decide on it.

    Raises:
        QuorumImpossible: too few people are left for the quorum that every change needs at least.
        QuorumPolicyUnlogged: the log tells of another quorum policy than the tables.
    """
    warnings = []
    for standing in tiers_standing(project, excluded):
        if standing.met:
            continue
        if standing.tier == TIER_STANDARD:
            message = f"too few people could decide on the result: {standing.text(project)}"
            raise QuorumImpossible(
                message,
                tier=standing.tier,
                missing=[
                    {
                        "role": seat.role,
                        "required": seat.required,
                        "eligible": seat.eligible,
                        "missing": seat.missing,
                    }
                    for seat in standing.seats
                    if seat.missing
                ],
            )
        warnings.append(
            f"should it need the CAB (a risk score over 50, a sensitive area or an unknown factor), too few "
            f"people could decide: {standing.text(project)}"
        )
    return tuple(warnings)
