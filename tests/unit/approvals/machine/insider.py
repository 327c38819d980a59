"""What an insider does: rows of requests and decisions are written past every trigger."""

from __future__ import annotations

import base64
import json
import uuid
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import rule

from countersign.audit.services import record
from countersign_verify.canonical import digest_bytes
from tests.unit.approvals.machine.deciding import Deciding
from tests.unit.approvals.machine.model import TRIAL, Vote
from tests.unit.approvals.machine.people import KEYED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.approvals.contracts import DecisionData

BINDINGS: dict[str, object] = {
    "score": 0,
    "base_commit": "0" * 40,
    "result_tree": "1" * 40,
    "manifest_digest": "sha256:" + "9" * 64,
    "ruleset_digest": "sha256:" + "8" * 64,
}


class Insider(Deciding):
    """Bends requests, and replays decisions."""

    def bent(self, change: str, *values: object, **known: object) -> None:
        self.row(change, *values)
        self.model[-1] = self.model[-1].with_(**known)

    @rule(name=st.sampled_from(sorted(BINDINGS)))
    def bend_the_binding(self, name: str) -> None:
        self.steps[f"bend {name}"] += 1
        self.bend_it(name)

    def bend_it(self, name: str) -> None:
        self.bent("binding = binding || %s::jsonb", json.dumps({name: BINDINGS[name]}), bent=True)

    @rule(quorum=st.sampled_from([{"director": 1}, {"cab_member": 1}]))
    def lower_the_quorum(self, quorum: dict[str, int]) -> None:
        self.steps["lower the quorum"] += 1
        self.lower_it(quorum)

    def lower_it(self, quorum: dict[str, int]) -> None:
        asked = [{"role": role, "count": count} for role, count in quorum.items()]
        policy = json.dumps({"quorum": asked, "blocked": False})
        self.bent("policy = policy || %s::jsonb", policy, asked=tuple(quorum.items()), blocked=False)

    @rule(what=st.sampled_from(["passkey", "trial", "carry"]))
    def flip(self, what: str) -> None:
        """It asks for no passkey, is self-approved, or may be carried over; or the other way round."""
        self.steps[f"flip {what}"] += 1
        self.flip_it(what)

    def flip_it(self, what: str) -> None:
        waiting = self.model[-1]
        if what == "carry":
            self.bent("carry_over_allowed = NOT carry_over_allowed", carry=not waiting.carry)
        elif what == "passkey":
            asks = not waiting.asks_passkey
            self.bent("policy = policy || %s::jsonb", json.dumps({"passkey": asks}), asks_passkey=asks)
        else:
            says = not waiting.says_trial
            trial = json.dumps({"trial": TRIAL if says else ""})
            self.bent("policy = policy || %s::jsonb", trial, says_trial=says)

    @rule()
    def forget_who_took_part(self) -> None:
        self.steps["forget who took part"] += 1
        self.bent("excluded = '[]'", left_out=frozenset())

    @rule(state=st.sampled_from(["approved", "pending"]))
    def rewrite_the_state(self, state: str) -> None:
        """A request that had ended is back, or is approved by nobody."""
        self.steps[f"rewrite to {state}"] += 1
        self.bent(f"state = '{state}', expires_at = now() + interval '1 day'", state=state, late=False)

    # --- decisions that were not made here --------------------------------------------------------

    def _event(self, decision: str, source: DecisionData, person: str, user: str, digest: str) -> str:
        """Let the log tell of a decision on the newest request: the sequencer signs it like any other."""
        from countersign.shared.actor import Actor

        request = self.made[-1].id
        data = {
            "decision_id": decision,
            "request_id": request,
            "statement_digest": digest,
            "verdict": source.verdict,
            "role": source.role,
        }
        actor = Actor(kind="person", id=user, label="Pat", person_id=person, unattended=source.unattended)
        with transaction.atomic():
            return record(
                actor=actor, type="decision.recorded", subject=("approval_request", request), data=data
            )

    def _copy(
        self, source: DecisionData, person: str, user: str, envelope: Mapping[str, object] | None = None
    ) -> None:
        """Write a decision of this or another request beside the newest one: row, envelope and event."""
        name, digest = str(uuid.uuid4()), source.statement_digest
        stored = digest[:40] + uuid.uuid4().hex  # no two rows have the same
        if envelope is not None:
            digest = stored = digest_bytes(base64.b64decode(str(envelope["payload"])))
        event = self._event(name, source, person, user, digest)
        self.people.sql(
            "INSERT INTO approvals_decision (id, request_id, person_id, user_id, role, verdict, reason,"
            " items, unattended, nonce, statement_digest, envelope, event_id, decided_at, assertion)"
            " SELECT %s, %s, %s, %s, role, verdict, reason, items, unattended,"
            " left(md5(random()::text), 32), %s,"
            " coalesce(%s::jsonb, envelope), %s, decided_at, assertion FROM approvals_decision WHERE id = %s",
            *(name, self.made[-1].id, person, user),
            *(stored, json.dumps(envelope) if envelope else None, event, source.id),
        )
        # The row is there for the platform; what was really said on this request is not more.
        vote = Vote(person, source.role, source.verdict, faithful=False)
        waiting = self.model[-1]
        self.model[-1] = waiting.with_(forged=True, votes=(*waiting.votes, vote))

    def _voted(self) -> set[str]:
        return {vote.person for vote in self.model[-1].votes}

    @rule(back=st.sampled_from([1, 2, 3]), rewritten=st.booleans())
    def replay_under_another_request(self, back: int, rewritten: bool) -> None:
        """Decisions of an earlier request, envelopes and all; or with what they name written anew."""
        number = max(0, len(self.made) - 1 - back)
        if number == len(self.made) - 1:
            return
        for item in self.requests.get(self.made[number]).decisions:
            if item.person_id in self._voted():
                continue
            self.steps["replay under another request"] += 1
            envelope = self._rewritten(item) if rewritten else None
            self._copy(item, item.person_id, item.user_id, envelope)

    def _rewritten(self, item: DecisionData) -> dict[str, object]:
        """The envelope with the newest request and its digest in it, under the signature as it was."""
        statement = json.loads(base64.b64decode(str(item.envelope["payload"])))
        request = self.made[-1]
        statement["predicate"]["nonce"] = uuid.uuid4().hex
        statement["predicate"]["request_id"] = request.id
        statement["predicate"]["subject"]["digest"] = request.subject_digest
        statement["subject"][0]["digest"]["sha256"] = request.subject_digest.removeprefix("sha256:")
        payload = json.dumps(statement, sort_keys=True, separators=(",", ":")).encode()
        return {**item.envelope, "payload": base64.b64encode(payload).decode()}

    @rule(name=st.sampled_from(KEYED))
    def replay_as_another_person(self, name: str) -> None:
        """What somebody said here is somebody else's word as well."""
        found = self.requests.get(self.made[-1]).decisions
        person = self.people.persons[name]
        if not found or person in self._voted():
            return
        self.steps["replay as another person"] += 1
        self._copy(found[0], person, self.people.users[name])

    @rule()
    def replay_as_the_same_person(self) -> None:
        """Nobody decides twice, and no nonce is used twice: the database has no such rows."""
        found = self.requests.get(self.made[-1]).decisions
        if not found:
            return
        self.steps["replay as the same person"] += 1
        nonce = (
            "SELECT gen_random_uuid(), request_id, {}, user_id, role, verdict, reason, items, unattended, {},"
        )
        for columns in (("person_id", "md5(random()::text)"), ("gen_random_uuid()", "nonce")):
            with pytest.raises(psycopg.errors.UniqueViolation):
                self.people.sql(
                    "INSERT INTO approvals_decision (id, request_id, person_id, user_id, role, verdict,"
                    " reason, items, unattended, nonce, statement_digest, envelope, event_id, decided_at) "
                    + nonce.format(*columns)
                    + " md5(random()::text), envelope, event_id, decided_at"
                    " FROM approvals_decision WHERE id = %s",
                    found[0].id,
                )

    @rule(how=st.sampled_from(["lost", "swapped"]))
    def bend_an_assertion(self, how: str) -> None:
        """The signature of a passkey is taken away, or is another one."""
        signed = [item for item in self.requests.get(self.made[-1]).decisions if item.assertion is not None]
        if not signed:
            return
        self.steps[f"assertion {how}"] += 1
        value = None if how == "lost" else json.dumps({**(signed[0].assertion or {}), "signature": "AAAA"})
        self.people.sql(
            "UPDATE approvals_decision SET assertion = %s::jsonb WHERE id = %s", value, signed[0].id
        )
        self.model[-1] = self.model[-1].with_(forged=True)
