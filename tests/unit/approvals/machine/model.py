"""The rules of decisions (DESIGN section 9), said once more, in other words and without a database.

A request here is plain data; what happens to it is a function of that. The state machine holds the platform
against it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import permutations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from countersign.shared.actor import Actor

ENDS = {"reject": "rejected", "request_changes": "changes_requested"}
GONE = frozenset({"void", "expired"})
DECIDED = frozenset({"approved", *ENDS.values()})
OPENERS = ("cab_member", "director", "security_reviewer")
TRIAL = "trial/main"


@dataclass(frozen=True)
class Vote:
    """What one person said, and in which role it was taken.

    Attributes:
        faithful: it was signed over what really waits, leaves out nobody who took part, in a role that the
            log gives, and under break-glass in a window that was open by the log.
        passkey: the person's own passkey signed as well.
        glass: it was made under break-glass, without the quorum.
        carry: what was signed allows it to be carried over to a moved base.
        trial: what was signed says that it is self-approved.
    """

    person: str
    role: str
    verdict: str
    faithful: bool = True
    passkey: bool = False
    glass: bool = False
    carry: bool = True
    trial: bool = False


@dataclass(frozen=True)
class Saying:
    """Somebody who tries to decide.

    Attributes:
        held: the roles that the log gives the person.
        holders: how many people hold each role: who holds several decides in the rarest.
        key: whether a passkey signs: none, or one of the person's own that may decide or may not.
        prepared: the role in which the passkey's statement was prepared, where it was beforehand.
        glass: under which window, if under one.
    """

    actor: Actor
    verdict: str = "approve"
    right_digest: bool = True
    reason: str = "reads well"
    demo: bool = False
    held: frozenset[str] = frozenset()
    holders: Mapping[str, int] = field(default_factory=dict)
    key: str = ""
    prepared: str | None = None
    glass: Window | None = None


@dataclass(frozen=True)
class Window:
    """A break-glass window.

    Attributes:
        people: the two who opened it; with one of them it never was open.
        told_here: the table says that it is of this project.
        here: the log says so.
        told_open: the table says that it is open.
        open: the log says so.
        told_closed: the table says that it was ended before its time; ``over``: that its time is over.
        forged: the table tells of a second person, and the log does not.
    """

    id: str
    people: frozenset[str]
    told_here: bool = True
    here: bool = True
    told_open: bool = True
    open: bool = True
    told_closed: bool = False
    over: bool = False
    forged: bool = False

    def lets(self, saying: Saying) -> str:
        """Return the role in which somebody is let decide under it, or nothing."""
        fine = (
            self.told_here,
            self.here,
            self.told_open,
            len(self.people) > 1,
            saying.verdict == "approve",
            saying.actor.person_id in self.people,
        )
        return next((role for role in OPENERS if all(fine) and role in saying.actor.roles), "")


@dataclass(frozen=True)
class Waiting:
    """A request.

    Attributes:
        quorum: what the pack asks for.
        excluded: who took part, as the pack says.
        asked: what the row asks for: an insider can change it.
        left_out: whom the row excludes: likewise.
        passkey: the pack asks for passkeys; ``asks_passkey``: the row does.
        trial: the pack is self-approved; ``says_trial``: the row says so.
        carry: the row says that a decision may be carried over.
        bent: the row binds to something else than what waits.
        forged: somebody wrote into its decisions.
    """

    quorum: tuple[tuple[str, int], ...]
    excluded: frozenset[str]
    asked: tuple[tuple[str, int], ...]
    left_out: frozenset[str]
    blocked: bool = False
    passkey: bool = False
    asks_passkey: bool = False
    trial: bool = False
    says_trial: bool = False
    carry: bool = True
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

    def role_for(self, saying: Saying) -> str:
        """Return the role in which somebody could decide here, or nothing."""
        if saying.glass is not None:
            return saying.glass.lets(saying)
        # A "no" is open to everybody with one of the roles, also where that role has its number.
        held = [role for role, _ in self.asked if role in saying.actor.roles]
        lacking = [role for role in held if role in self.lacking()]
        if lacking:
            return min(lacking, key=lambda role: saying.holders.get(role, 0))
        return "" if saying.verdict == "approve" else next(iter(held), "")

    def takes(self, saying: Saying) -> str:
        """Return the role in which somebody's word counts here, or nothing."""
        actor = saying.actor
        own_word = actor.kind == "person" and actor.minted_by in {None, actor.person_id}
        role = self.role_for(saying)
        fine = (
            self.state == "pending",
            not self.late,
            saying.right_digest,
            bool(saying.reason.strip()),
            own_word,
            self.says_trial or actor.person_id not in self.left_out,
            actor.person_id not in {vote.person for vote in self.votes},
            saying.demo or not actor.unattended,
            not (self.blocked and saying.verdict == "approve"),
            saying.key != "none that may",
            bool(saying.key) or not self.asks_passkey,
            saying.prepared in {None, role},
        )
        return role if all(fine) else ""

    def after(self, saying: Saying) -> Waiting:
        """Return the request after somebody tried to decide."""
        role, window = self.takes(saying), saying.glass
        if not role:
            return self
        vote = Vote(
            person=str(saying.actor.person_id),
            role=role,
            verdict=saying.verdict,
            faithful=not self.bent
            and self.left_out >= self.excluded
            and role in saying.held
            and (window is None or (window.open and window.here)),
            passkey=bool(saying.key),
            glass=window is not None,
            carry=self.carry,
            trial=self.says_trial,
        )
        moved = self.with_(votes=(*self.votes, vote))
        if saying.verdict != "approve":
            return moved.with_(state=ENDS[saying.verdict])
        return moved if moved.lacking() and not vote.glass else moved.with_(state="approved")

    def voided(self) -> Waiting:
        """Return the request after what it was about has moved."""
        return self.with_(state="void", ended=True) if self.state in {"pending", "approved"} else self

    def swept(self) -> Waiting:
        """Return the request after those that are late were ended."""
        return self.with_(state="expired", ended=True) if self.state == "pending" and self.late else self

    def mergeable(self, held: Callable[[Vote], bool], window: Window | None) -> bool:
        """Say whether what was decided may be carried out: whatever the tables say of it.

        Args:
            held: whether who decided still holds the role, in tables and log.
            window: the window under which somebody decided.
        """
        given = Counter(vote.role for vote in self.votes)
        enough = bool(self.quorum) and all(given[role] >= count for role, count in self.quorum)
        if any(vote.glass for vote in self.votes):
            enough = window is not None and window.open and window.told_open and window.here
        return (
            bool(self.votes)
            and enough  # a pack that asks for nobody is merged by nobody, whatever a row says
            and not (self.ended or self.late or self.forged)
            and all(vote.verdict == "approve" and vote.faithful and held(vote) for vote in self.votes)
            and (self.trial or not any(vote.person in self.excluded for vote in self.votes))
            and all(vote.passkey or not self.passkey for vote in self.votes)
            and all((vote.trial, vote.carry) == (self.trial, self.carry) for vote in self.votes)
        )

    def with_(self, **changes: object) -> Waiting:
        return replace(self, **changes)  # type: ignore[arg-type]  # of the fields, by name


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
