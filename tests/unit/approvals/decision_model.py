"""The rules of decisions, said once more, in other words and without a database.

A request here is plain data; what happens to it is a function of that. The state machine in
``test_decision_machine.py`` holds the platform against it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import permutations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from countersign.shared.actor import Actor

ENDS = {"reject": "rejected", "request_changes": "changes_requested"}
GONE = frozenset({"void", "expired"})
DECIDED = frozenset({"approved", *ENDS.values()})


@dataclass(frozen=True)
class Vote:
    """What one person said, and in which role it was taken.

    Attributes:
        faithful: it was signed over what really waits, and leaves out nobody who took part.
    """

    person: str
    role: str
    verdict: str
    faithful: bool = True


@dataclass(frozen=True)
class Saying:
    """Somebody who tries to decide."""

    actor: Actor
    verdict: str = "approve"
    right_digest: bool = True
    reason: str = "reads well"
    demo: bool = False


@dataclass(frozen=True)
class Waiting:
    """A request.

    Attributes:
        quorum: what the pack asks for.
        excluded: who took part, as the pack says.
        asked: what the row asks for: an insider can change it.
        left_out: whom the row excludes: likewise.
        bent: the row binds to something else than what waits.
        forged: somebody wrote into its decisions.
    """

    quorum: tuple[tuple[str, int], ...]
    excluded: frozenset[str]
    asked: tuple[tuple[str, int], ...]
    left_out: frozenset[str]
    blocked: bool = False
    state: str = "pending"
    late: bool = False
    ended: bool = False
    bent: bool = False
    forged: bool = False
    votes: tuple[Vote, ...] = ()

    def lacking(self) -> dict[str, int]:
        """How many of each role still have to approve, by the row."""
        given = Counter(vote.role for vote in self.votes if vote.verdict == "approve")
        return {role: count - given[role] for role, count in self.asked if count > given[role]}

    def takes(self, saying: Saying) -> str:
        """Return the role in which somebody's word counts here, or nothing."""
        actor = saying.actor
        own_word = actor.kind == "person" and actor.minted_by in {None, actor.person_id}
        fine = (
            self.state == "pending",
            not self.late,
            saying.right_digest,
            bool(saying.reason.strip()),
            own_word,
            actor.person_id not in self.left_out,
            actor.person_id not in {vote.person for vote in self.votes},
            saying.demo or not actor.unattended,
            not (self.blocked and saying.verdict == "approve"),
        )
        # A "no" is open to everybody with one of the roles, also where that role has its number.
        lacking = [role for role, _ in self.asked if role in actor.roles and role in self.lacking()]
        held = [role for role, _ in self.asked if role in actor.roles]
        wanted = lacking or ([] if saying.verdict == "approve" else held)
        return wanted[0] if all(fine) and wanted else ""

    def after(self, saying: Saying) -> Waiting:
        """Return the request after somebody tried to decide."""
        role = self.takes(saying)
        if not role:
            return self
        faithful = not self.bent and self.left_out >= self.excluded
        vote = Vote(str(saying.actor.person_id), role, saying.verdict, faithful)
        moved = self.with_(votes=(*self.votes, vote))
        if saying.verdict != "approve":
            return moved.with_(state=ENDS[saying.verdict])
        return moved if moved.lacking() else moved.with_(state="approved")

    def voided(self) -> Waiting:
        """Return the request after what it was about has moved."""
        return self.with_(state="void", ended=True) if self.state in {"pending", "approved"} else self

    def swept(self) -> Waiting:
        """Return the request after those that are late were ended."""
        return self.with_(state="expired", ended=True) if self.state == "pending" and self.late else self

    def mergeable(self) -> bool:
        """Say whether what was decided may be carried out: whatever the tables say of it."""
        given = Counter(vote.role for vote in self.votes)
        return (
            bool(self.votes)
            and bool(self.quorum)  # a pack that asks for nobody is merged by nobody, whatever a row says
            and not self.ended
            and not self.forged
            and all(vote.verdict == "approve" and vote.faithful for vote in self.votes)
            and not any(vote.person in self.excluded for vote in self.votes)
            and all(given[role] >= count for role, count in self.quorum)
        )

    def with_(self, **changes: object) -> Waiting:
        from dataclasses import replace

        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass
class Race:
    """What several did at the same moment."""

    before: Waiting
    moves: Sequence[Callable[[Waiting], Waiting]] = field(default_factory=list)

    def outcomes(self) -> list[Waiting]:
        """Every state in which the request may be afterwards: one for each order of what happened."""
        found: list[Waiting] = []
        for order in permutations(self.moves):
            waiting = self.before
            for move in order:
                waiting = move(waiting)
            found.append(waiting)
        return found


def votes_of(decisions: Iterable[tuple[str, str, str]]) -> frozenset[tuple[str, str, str]]:
    """Votes as a set of what can be compared with rows."""
    return frozenset(decisions)
