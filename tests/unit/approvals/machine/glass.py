"""Break-glass: windows of two people, of one, of another project, over, closed, and opened again by SQL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from countersign.approvals.break_glass import break_glass_close, break_glass_confirm, break_glass_request
from countersign.shared.errors import DomainError
from tests.unit.approvals.machine.deciding import KEYS, Deciding
from tests.unit.approvals.machine.model import OPENERS, Window
from tests.unit.approvals.machine.people import NAMES
from tests.unit.audit.roles import sequence_all
from tests.unit.runs.samples import project_make

TWO = ("director", "second member")
BENT = {
    "opened again": "closed_at = NULL, closed_by = NULL",
    "moved here": "project_id = %s",
    "countersigned": "opened_by = gen_random_uuid(), opened_at = now(),"
    " expires_at = now() + interval '9 minutes', event_id = gen_random_uuid()",
    "over": "opened_at = opened_at - interval '1 hour', expires_at = expires_at - interval '1 hour',"
    " requested_at = requested_at - interval '1 hour'",
}


class Glass(Deciding):
    """One signature of the two is enough while the window is open by the log, and no longer."""

    @rule(kind=st.sampled_from(["two", "two", "lone", "elsewhere"]))
    def a_window(self, kind: str) -> None:
        if self.window is None and all(self._opens(name) for name in TWO):
            self.steps[f"window: {kind}"] += 1
            self.window_open(kind)

    def window_open(self, kind: str) -> None:
        if self.window is not None or not all(self._opens(name) for name in TWO):
            return
        here = kind != "elsewhere"
        project = self.requests.project_id if here else project_make(self.requests.actor)
        first, second = (self.people.actor(name) for name in TWO)
        asked = break_glass_request(actor=first, project_id=project, reason="it can't wait", minutes=60)
        both = {str(first.person_id)}
        if kind != "lone":
            break_glass_confirm(actor=second, window_id=asked.id)
            both.add(str(second.person_id))
        sequence_all()
        opened = len(both) > 1
        self.window = Window(asked.id, frozenset(both), here, here, told_open=opened, open=opened)

    def _opens(self, name: str) -> bool:
        """Say whether the log and the tables give somebody a role that opens windows."""
        person = self.people.persons[name]
        return bool(self.people.held[person] & self.people.told[person] & set(OPENERS))

    @precondition(lambda self: self.window is not None)
    @rule(
        name=st.sampled_from([*TWO, *TWO, *NAMES]),
        key=KEYS,
        verdict=st.sampled_from(["approve", "approve", "reject"]),
    )
    def approve_under_glass(self, name: str, key: str, verdict: str) -> None:
        assert self.window is not None
        self.steps["under glass"] += 1
        self.decide_as(-1, self.saying(name, verdict, key=key, glass=self.window))

    @precondition(lambda self: self.window is not None)
    @rule()
    def close_the_window(self) -> None:
        self.steps["window closed"] += 1
        self.window_close()

    def window_close(self) -> None:
        assert self.window is not None
        was_open = self.window.told_open
        try:
            break_glass_close(actor=self.people.actor("neither"), window_id=self.window.id)
        except DomainError:
            assert not was_open
            return
        assert was_open
        self.window = replace(self.window, told_open=False, told_closed=True, open=False)

    @precondition(lambda self: self.window is not None)
    @rule(how=st.sampled_from(sorted(BENT)))
    def bend_the_window(self, how: str) -> None:
        """The table says another thing of it; when the hour is over, it is over by the table alone."""
        assert self.window is not None
        lone = len(self.window.people) < 2 and not self.window.forged
        if (how == "countersigned") != lone and how != "moved here":
            return
        self.steps[f"window {how}"] += 1
        self.window_bend(how)

    def window_bend(self, how: str) -> None:
        assert self.window is not None
        self.people.sql(
            f"UPDATE approvals_breakglass SET {BENT[how]} WHERE id = %s",  # noqa: S608 - of this file
            *([self.requests.project_id] if how == "moved here" else ()),
            self.window.id,
        )
        known: dict[str, dict[str, Any]] = {
            "opened again": {"told_closed": False, "told_open": not self.window.over},
            "moved here": {"told_here": True},
            "countersigned": {"told_open": True, "forged": True},
            "over": {"told_open": False, "over": True},
        }
        self.window = replace(self.window, **known[how])
