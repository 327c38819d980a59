"""Answers of passkeys that are not what was asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from countersign.approvals.contracts import AssertionInput
from countersign.approvals.services import decision_prepare
from countersign.shared.errors import DomainError
from countersign_verify.webauthn import base64url_encode
from tests.passkeys import PRESENT, Passkey
from tests.unit.approvals.machine.deciding import Deciding
from tests.unit.approvals.machine.model import Saying
from tests.unit.approvals.machine.people import KEYED
from tests.unit.audit.roles import sequence_all

ANSWERS: dict[str, dict[str, Any]] = {
    "another challenge": {"challenge": base64url_encode(bytes(32))},
    "another origin": {"origin": "https://evil.example.org"},
    "another party": {"rp_id": "example.org"},
    "nobody verified": {"flags": PRESENT},
}
WRONG = (
    *ANSWERS,
    *("another preparation", "key of another person", "unknown key", "copied key", "another person"),
    *("another request", "another verdict", "revoked", "used"),
)


class Passkeys(Deciding):
    """A passkey's answer counts once: for its person, its request and the very statement it was made over."""

    @rule(name=st.sampled_from(KEYED), how=st.sampled_from(WRONG))
    def answer_for_something_else(self, name: str, how: str) -> None:
        saying = self.saying(name, key="own")
        if not self.model[-1].takes(saying):
            return
        self.steps[f"answer: {how}"] += 1
        prepared = decision_prepare(request_id=self.made[-1].id, **self.arguments(-1, saying))
        passkey = self._key(name)
        other = KEYED[(KEYED.index(name) + 1) % len(KEYED)]
        if how == "key of another person":
            passkey = self._key(other)
        elif how == "unknown key":
            passkey = Passkey()
        parts = {"challenge": prepared.challenge, **ANSWERS.get(how, {})}
        given = AssertionInput(prepared_id=prepared.id, **passkey.answer(**parts))
        if how == "another preparation":
            given = replace(given, prepared_id=self.prepared(-1, saying).prepared_id)
        elif how == "another person":
            saying = self.saying(other, key="own")
        elif how == "another verdict":
            saying = replace(saying, verdict="reject")
        elif how == "revoked":
            self.people.withdraw(name)
        self._refused(name, how, saying, given)

    def _key(self, name: str) -> Passkey:
        found = self.people.keys.get(self.people.persons[name])
        return found.passkey if found else Passkey()

    def _refused(self, name: str, how: str, saying: Saying, given: AssertionInput) -> None:
        if how == "copied key":
            # Whoever copied the key has signed less often than its owner.
            assert self.decide_as(-1, saying)
            self.supersede()
            saying = self.saying(name, key="own")
            if not self.model[-1].takes(saying):
                return
            prepared = decision_prepare(request_id=self.made[-1].id, **self.arguments(-1, saying))
            count = self._key(name).count
            old = self._key(name).answer(prepared.challenge, count=count)
            given = AssertionInput(prepared_id=prepared.id, **old)
        if how in {"used", "another request"}:
            self.say(-1, saying, given)
            self.model[-1] = self.model[-1].after(saying)
        if how == "another request":
            self.supersede()
            saying = self.saying(name, key="own")
        with pytest.raises(DomainError):
            self.say(-1, saying, given)

    @rule(name=st.sampled_from(KEYED))
    def passkey_is_revoked_or_new(self, name: str) -> None:
        """What was signed with it before stands; a new one waits for its checkpoint."""
        self.steps["passkey revoked or new"] += 1
        if self.people.withdraw(name) is None and self.people.told[self.people.persons[name]]:
            self.people.enrol(name)
            sequence_all()
