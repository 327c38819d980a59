"""Whether enough people are left who could decide, asked before a run spends anything.

Left out is who would take part, who is away until a request of now would have expired, and, where the project
asks for passkeys, who has none that may decide. Who shares a key with a participant, or with somebody who is
away, goes with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from countersign.accounts.away import away_through
from countersign.accounts.deciding import credentials_usable
from countersign.accounts.eligible import deciders, role_persons
from countersign.accounts.keys import key_groups
from countersign.accounts.selectors import person_names
from countersign.approvals.contracts import QuorumRule
from countersign.approvals.deadlines import expiry
from countersign.approvals.seats import seats_open
from countersign.governance.quorums import quorum_in_force
from countersign.shared.clock import now
from countersign.shared.env import demo_installation
from countersign.shared.errors import Conflict
from countersign.shared.passkey_party import passkey_party
from countersign.workflow.assessment import passkey_wanted
from countersign.workflow.deadlines import decision_time
from countersign_verify.vocabulary import TIER_CAB, TIER_STANDARD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from countersign.projects.contracts import ProjectData

NOBODY: Final[Mapping[str, str]] = MappingProxyType({})
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
class Hindered:
    """Somebody who holds a role that is asked for and could not decide, and why, with the mend.

    Attributes:
        code: ``takes_part``, ``same_key``, ``away`` or ``no_passkey``.
    """

    person_id: str
    name: str
    roles: tuple[str, ...]
    code: str
    why: str


@dataclass(frozen=True, slots=True)
class TierStanding:
    """Whether a tier's quorum can be met.

    Attributes:
        hindered: who would be there otherwise.
    """

    tier: str
    seats: tuple[Seats, ...]
    hindered: tuple[Hindered, ...] = ()

    @property
    def met(self) -> bool:
        """Whether enough people are there."""
        return not any(seat.missing for seat in self.seats)

    def text(self, project: ProjectData) -> str:
        """Say what lacks, and the mend."""
        needed = ", ".join(f"{seat.required} x {seat.role}" for seat in self.seats)
        there = ", ".join(f"{seat.eligible} x {seat.role}" for seat in self.seats)
        missing = " and ".join(f"{seat.role} to {seat.missing} more" for seat in self.seats if seat.missing)
        who = "; ".join(f"{one.name} ({', '.join(one.roles)}) {one.why}" for one in self.hindered)
        return (
            f"{_TITLES[self.tier]} of {project.slug} needs {needed}; of those who take no part in this, "
            f"{there} could decide{f' ({who})' if who else ''}. "
            f"Give the role {missing} first (countersign user add, or the console)"
        )


def tier_standing(
    tier: str,
    rules: Sequence[QuorumRule],
    holders: Mapping[str, frozenset[str]],
    groups: Mapping[str, frozenset[str]],
    hindrances: Mapping[str, tuple[str, str]],
) -> TierStanding:
    """Return whether those who are not hindered can make a quorum.

    Args:
        tier: its name.
        rules: how many of which role it asks for.
        holders: the roles by person.
        groups: who shares a key.
        hindrances: code and text by person.
    """
    asked = {rule.role for rule in rules}
    held = {person: roles & asked for person, roles in holders.items() if roles & asked}
    left = [person.roles for person in deciders(held, groups, without=hindrances)]
    missing = seats_open(rules, left)
    names = person_names(hindrances) if missing else {}
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
        tuple(
            Hindered(person, names[person], tuple(sorted(held[person])), *hindrances[person])
            for person in held
            if person in names
        ),
    )


def tiers_standing(
    project: ProjectData, participants: Mapping[str, str] = NOBODY
) -> tuple[TierStanding, ...]:
    """Return for each tier of a project whether enough people are there; in a trial one person decides.

    Args:
        project: where the change would be made.
        participants: the persons who would take part in it and can't decide on it, and what they do.

    Raises:
        QuorumPolicyUnlogged: the log tells of another quorum policy than the tables.
    """
    tiers: dict[str, tuple[QuorumRule, ...]]
    if project.trial:
        tiers = {TIER_STANDARD: (QuorumRule("director", 1),)}
        participants = NOBODY
    else:
        tiers = {
            tier: tuple(QuorumRule(role, count) for role, count in sorted(parts.items()))
            for tier, parts in quorum_in_force(project_id=project.id).tiers.items()
        }
    groups = key_groups()
    roles = {rule.role for rules in tiers.values() for rule in rules}
    held = role_persons(roles=roles, unattended=demo_installation())
    out = {**_away(project, groups), **_taking_part(participants, groups)}
    wanted = {tier for tier in tiers if passkey_wanted(project, tier)}
    keyless = _keyless(held) if wanted else {}
    return tuple(
        tier_standing(tier, rules, held, groups, {**(keyless if tier in wanted else {}), **out})
        for tier, rules in sorted(tiers.items())
    )


def _taking_part(
    participants: Mapping[str, str], groups: Mapping[str, frozenset[str]]
) -> dict[str, tuple[str, str]]:
    """Return who can't decide on what they take part in, and who shares a key with one of them."""
    sharing = ("same_key", "has the same key as somebody who takes part: each needs a passkey of their own")
    return {
        **dict.fromkeys(_twins(participants, groups), sharing),
        **{person: ("takes_part", why) for person, why in participants.items()},
    }


def _twins(persons: Iterable[str], groups: Mapping[str, frozenset[str]]) -> set[str]:
    """Return all who hold a key of one of these persons: they count as them."""
    return {twin for person in persons for twin in groups.get(person, ())}


def _away(project: ProjectData, groups: Mapping[str, frozenset[str]]) -> dict[str, tuple[str, str]]:
    """Return who is away until a request that is opened now would have expired, and who shares their key."""
    moment = now()
    absent = away_through(moment, expiry(decision_time(project), moment))
    sharing = ("same_key", "has the same key as somebody who is away: each needs a passkey of their own")
    return {
        **dict.fromkeys(_twins(absent, groups), sharing),
        **{
            person: ("away", f"is away until {one.until:%Y-%m-%d %H:%M} UTC: countersign absence end")
            for person, one in absent.items()
        },
    }


def _keyless(persons: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return which of these persons have no passkey that may decide."""
    party = passkey_party()
    why = (
        "has no passkey that decides here: enrol one on the page Passkeys, and another person confirms it"
        if party
        else "can use no passkey: this platform is served at an address that none can belong to"
    )
    return {
        person: ("no_passkey", why)
        for person in persons
        if party is None or not credentials_usable(person_id=person, rp_id=party.rp_id)
    }


def quorum_require(project: ProjectData, participants: Mapping[str, str]) -> tuple[str, ...]:
    """Refuse to begin what too few people could approve; return what to know of the tier of the CAB.

    Args:
        project: where the change would be made.
        participants: the persons who would take part in it and can't decide on it, and what they do.

    Raises:
        QuorumImpossible: too few people are left for the quorum that every change needs at least.
        QuorumPolicyUnlogged: the log tells of another quorum policy than the tables.
    """
    warnings = []
    for standing in tiers_standing(project, participants):
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
                hindered=[
                    {"person_id": one.person_id, "roles": list(one.roles), "code": one.code}
                    for one in standing.hindered
                ],
            )
        warnings.append(
            f"should it need the CAB (a risk score over 50, a sensitive area or an unknown factor), too few "
            f"people could decide: {standing.text(project)}"
        )
    return tuple(warnings)
