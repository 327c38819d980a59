"""Who must decide, as the log tells of it: how many people of which role, by tier, for each project.

What is built in holds until the log says otherwise. An administrator alone may ask for more; asking for less
takes two people: an administrator proposes it, and somebody who decides confirms it. A project without a
policy of its own follows the platform's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from countersign_verify.canonical import Json, canonical_bytes
from countersign_verify.encoding import field as json_field
from countersign_verify.encoding import keys_exact
from countersign_verify.errors import RefusedError
from countersign_verify.log_events import LogContent, LoggedEvent
from countersign_verify.people import ADMIN, People
from countersign_verify.trust import Trust
from countersign_verify.vocabulary import (
    EVENT_QUORUM_PROPOSED,
    EVENT_QUORUM_SET,
    ROLE_CAB,
    TIER_CAB,
    TIER_STANDARD,
)

DECIDERS = frozenset({"director", ROLE_CAB, "security_reviewer"})
PLATFORM = ""  # the name under which the platform's own policy stands beside those of projects
MOST = 20
# A change that was being sealed while its policy became stricter may still ask for what held before.
SEALING = 10 * 60 * 1_000_000  # in microseconds

Tiers = Mapping[str, Mapping[str, int]]
BUILT_IN: Tiers = {TIER_CAB: {ROLE_CAB: 2}, TIER_STANDARD: {"director": 1}}
_TIERS = frozenset(BUILT_IN)


def tiers_read(value: Json) -> Tiers:
    """Read who must decide in each tier: ``{"cab": {role: number}, "director": {role: number}}``.

    Raises:
        RefusedError: A tier is missing or asks for nobody, a role decides nothing, a number is no number of
            people, or the tier of the CAB asks for none of its members.
    """
    if not isinstance(value, dict):
        raise RefusedError("quorum.shape", "a quorum policy says for each tier who must decide")
    keys_exact(value, _TIERS, "a quorum policy")
    tiers: dict[str, Mapping[str, int]] = {}
    for tier in sorted(_TIERS):
        parts = json_field(value, tier, dict, "a quorum policy")
        tiers[tier] = {str(role): _number(tier, str(role), count) for role, count in parts.items()}
        if not parts:
            raise RefusedError("quorum.empty", f"the tier {tier!a} asks for nobody")
    if ROLE_CAB not in tiers[TIER_CAB]:
        raise RefusedError("quorum.cab", f"the tier {TIER_CAB!a} needs at least one {ROLE_CAB}")
    return tiers


def _number(tier: str, role: str, count: Json) -> int:
    if role not in DECIDERS:
        known = ", ".join(sorted(DECIDERS))
        raise RefusedError("quorum.role", f"the role {role[:40]!a} decides nothing; these do: {known}")
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MOST:
        raise RefusedError("quorum.count", f"the tier {tier!a} needs 1 to {MOST} of {role!a}, a whole number")
    return count


def quorum_lacks(quorum: Iterable[tuple[str, int]], wanted: Mapping[str, int]) -> dict[str, int]:
    """How many of each role a quorum asks for less than is wanted; nothing where it asks for enough."""
    given: dict[str, int] = {}
    for role, count in quorum:
        given[role] = given.get(role, 0) + count
    return {role: count - given.get(role, 0) for role, count in wanted.items() if count > given.get(role, 0)}


def tiers_weaker(before: Tiers, after: Tiers) -> tuple[str, ...]:
    """The tiers in which ``after`` asks for fewer people of a role than ``before``."""
    return tuple(tier for tier in sorted(before) if quorum_lacks(after[tier].items(), before[tier]))


@dataclass(frozen=True, slots=True)
class Standing:
    """What an event of the log set; ``tiers`` is None where a project follows the platform from there on."""

    index: int
    moment: int
    tiers: Tiers | None


@dataclass(slots=True)
class QuorumPolicies:
    """The policies of a log, by project, each in order."""

    standings: dict[str, list[Standing]] = field(default_factory=dict)

    def tiers(self, project: str, index: int) -> Tiers:
        """What held for a project before this place of the log."""
        for scope in (project, PLATFORM):
            earlier = [item for item in self.standings.get(scope, ()) if item.index < index]
            if earlier and earlier[-1].tiers is not None:
                return earlier[-1].tiers
        return BUILT_IN

    def held(self, project: str, event: LoggedEvent) -> list[Tiers]:
        """What a pack may follow that this event sealed: what held there, or had held just before."""
        changes = [item for scope in {project, PLATFORM} for item in self.standings.get(scope, ())]
        recent = [item.index for item in changes if item.index < event.index and _recent(item, event)]
        return [self.tiers(project, index) for index in (event.index, *sorted(recent))]

    def check(self, project: str, tier: str, quorum: Iterable[tuple[str, int]], event: LoggedEvent) -> None:
        """Check that what a pack asks for is no less than what held when it was sealed.

        Raises:
            RefusedError: It asks for fewer people, or for a tier that does not exist.
        """
        if tier not in _TIERS:
            raise RefusedError("quorum.tier", f"there is no tier {tier[:40]!a}")
        asked = tuple(quorum)
        lacks = [quorum_lacks(asked, tiers[tier]) for tiers in self.held(project, event)]
        if all(lacks):
            missing = ", ".join(f"{count} x {role}" for role, count in sorted(lacks[0].items()))
            raise RefusedError(
                "quorum.policy",
                f"its quorum lacks {missing} of what the log says was asked for in the tier {tier!a} then",
            )


def _recent(item: Standing, event: LoggedEvent) -> bool:
    return abs(event.moment - item.moment) <= SEALING


def policies_read(content: LogContent, people: People, trust: Trust) -> QuorumPolicies:
    """Read every quorum policy from its events, in order.

    Raises:
        RefusedError: One is malformed, was set by somebody who may not, or asks for less and was not
            proposed and confirmed by two people.
    """
    policies = QuorumPolicies()
    proposed: dict[str, LoggedEvent] = {}
    done: set[str] = set()
    for event in content.events:
        if event.type == EVENT_QUORUM_PROPOSED:
            proposed.setdefault(event.text("policy_id"), event)
        elif event.type == EVENT_QUORUM_SET:
            name = event.text("policy_id")
            if name in done:
                raise RefusedError("quorum.twice", f"event {event.index}: a quorum policy was set twice")
            done.add(name)
            standing = _set(policies, event, proposed.get(name), people, trust)
            policies.standings.setdefault(event.text("project"), []).append(standing)
    return policies


def _set(
    policies: QuorumPolicies,
    event: LoggedEvent,
    proposal: LoggedEvent | None,
    people: People,
    trust: Trust,
) -> Standing:
    where = f"event {event.index}: the quorum policy"
    project = event.text("project")
    tiers = None if event.data["tiers"] is None and project else tiers_read(event.data["tiers"])
    before = policies.tiers(project, event.index)
    # What a project asked for by itself is given up for what the platform asks for.
    after = policies.tiers(PLATFORM, event.index) if tiers is None else tiers
    proposer = event if proposal is None else proposal
    if proposal is not None and _asked(proposal) != _asked(event):
        raise RefusedError("quorum.proposed", f"{where} is another than was proposed")
    _allowed(proposer, frozenset({ADMIN}), where, people, trust)
    if weaker := tiers_weaker(before, after):
        if proposal is None or event.person_id == proposal.person_id:
            raise RefusedError(
                "quorum.weaker",
                f"{where} asks for less in {', '.join(weaker)} than before, and takes two people",
            )
        _allowed(event, DECIDERS, where, people, trust)
    elif proposal is not None:
        _allowed(event, DECIDERS | {ADMIN}, where, people, trust)
    return Standing(event.index, event.moment, tiers)


def _asked(event: LoggedEvent) -> bytes:
    return canonical_bytes([event.data["project"], event.data["tiers"]])


def _allowed(act: LoggedEvent, roles: frozenset[str], where: str, people: People, trust: Trust) -> None:
    person = act.person_id
    if person is None or act.unattended:
        raise RefusedError("quorum.person", f"{where} was not set by people")
    if trust.accounts is not None and not any(people.held(person, role, act.index) for role in roles):
        raise RefusedError("quorum.setter", f"{where} was set by somebody without the role")
