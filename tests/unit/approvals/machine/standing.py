"""Roles and accounts that come and go while a change waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from countersign.accounts.errors import CredentialRefused
from countersign.accounts.selectors import token_authenticate
from countersign.accounts.services import user_deactivate
from tests.unit.accounts.test_enrolment import SYSTEM
from tests.unit.approvals.machine.deciding import Deciding

if TYPE_CHECKING:
    from countersign.shared.actor import Actor

WHO = st.sampled_from(["director", "second director", "member", "both", "demoted", "neither"])
WHAT = st.sampled_from(["director", "director", "cab_member"])


class Standing(Deciding):
    """Who decided in a role that is taken away merges nothing, unless the log gives it back."""

    @rule(name=WHO, role=WHAT)
    def role_is_granted(self, name: str, role: str) -> None:
        self.steps["role granted"] += 1
        self.people.grant(name, role)

    @rule(name=WHO, role=WHAT)
    def role_is_taken_away(self, name: str, role: str) -> None:
        self.steps["role taken away"] += 1
        self.people.revoke(name, role)

    @rule(name=WHO, role=WHAT)
    def role_is_written_by_sql(self, name: str, role: str) -> None:
        self.steps["role by sql"] += 1
        self.people.write_role(name, role)

    @rule(name=WHO, back=st.booleans())
    def approver_loses_the_role(self, name: str, back: bool) -> None:
        """Who decided here is no longer who may; an insider may write that back."""
        for vote in self.model[-1].votes:
            if vote.person != self.people.persons[name]:
                continue
            self.steps["approver loses the role"] += 1
            self.people.revoke(name, vote.role)
            if back:
                self.people.write_role(name, vote.role)

    @rule(name=WHO, role=WHAT)
    def role_is_taken_away_midway(self, name: str, role: str) -> None:
        """Somebody is let in, then loses the role, then says their word: it is taken and merges nothing."""
        self.steps["role taken away midway"] += 1
        before = self.people.actor(name)
        self.people.revoke(name, role)
        self.decide_as(-1, self.saying(name, actor=before))

    @rule(role=WHAT, account=st.sampled_from(["new", "new", "director", "author", "member"]))
    def somebody_comes_and_goes(self, role: str, account: str) -> None:
        """A new person, or a second account of one, decides; what they said stands when they have gone."""
        self.steps[f"comes and goes: {account}"] += 1
        name = f"guest {len(self.people.users)}"
        if account == "new":
            self.people.join(name, role)
        else:
            self.people.join(name, person_id=self.people.persons[account])
        secret = self.people.token(name, name)
        guest: Actor = token_authenticate(secret)[1]
        assert guest.minted_by == guest.person_id
        self.decide_as(-1, self.saying(name, actor=guest))
        user_deactivate(actor=SYSTEM, user_id=self.people.users[name])
        with pytest.raises(CredentialRefused):
            token_authenticate(secret)
