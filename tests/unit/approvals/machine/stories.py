"""Whole ways of a request with one thing amiss: by chance alone they would be rare."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.unit.approvals.machine.executing import Executing
from tests.unit.approvals.machine.glass import TWO, Glass
from tests.unit.approvals.machine.insider import Insider
from tests.unit.approvals.machine.model import Vote
from tests.unit.approvals.machine.people import KEYED
from tests.unit.approvals.machine.standing import Standing

AMISS = (
    "nothing",
    "passkey",
    "passkey",
    "trial",
    "carry",
    "score",
    "who took part",
    "quorum",
    "role",
    "role written back",
)
# Who says something before the others do.
FIRST = ("director", "author", "own token", "lent", "token that nobody minted", "both")


class Stories(Insider, Standing, Glass, Executing):
    """A new request that all who may approve, and one thing that is bent before or after."""

    @rule(amiss=st.sampled_from(AMISS), early=st.booleans(), first=st.sampled_from(FIRST))
    def whole_way(self, amiss: str, early: bool, first: str) -> None:
        self.steps[f"whole way: {amiss}"] += 1
        self.people.restore()
        self.supersede()
        if early:
            self._amiss(amiss)
        for name in (first, *KEYED):
            self.decide_as(-1, self.saying(name))
        if not early:
            self._amiss(amiss)
        self.judge()

    def _amiss(self, amiss: str) -> None:
        if amiss in {"passkey", "trial", "carry"}:
            self.flip_it(amiss)
        elif amiss == "score":
            self.bend_it("score")
        elif amiss == "who took part":
            self.bent("excluded = '[]'", left_out=frozenset())
        elif amiss == "quorum":
            self.lower_it({"director": 1})
        elif amiss != "nothing" and self.model[-1].votes:
            self._lose(self.model[-1].votes[-1], back=amiss == "role written back")

    def _lose(self, vote: Vote, *, back: bool) -> None:
        names = [name for name, person in self.people.persons.items() if person == vote.person]
        self.people.revoke(names[0], vote.role)
        if back:
            self.people.write_role(names[0], vote.role)

    @rule(ends=st.sampled_from(["before", "after", "never"]), again=st.booleans())
    def whole_way_under_glass(self, ends: str, again: bool) -> None:
        """A window is ended before or after somebody approves in it, and an insider opens it again."""
        self.people.restore()
        self.window_open("two")
        if self.window is None or not self.window.told_open:
            return
        self.steps[f"whole way under glass: ended {ends}"] += 1
        self.supersede()
        for moment in ("before", "after"):
            if moment == "after":
                self.decide_as(-1, self.saying(TWO[1], glass=self.window))
            if moment == ends:
                self.window_close()
                if again:
                    self.window_bend("opened again")
        self.judge()
