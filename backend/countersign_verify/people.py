"""People, as the log tells of them: who held which role when, and whose passkeys could decide.

Nothing here comes from a table. A role counts from the event that granted it to the one that took it back; a
grant counts when whoever made it was an administrator at that place of the log. A passkey counts when its
owner proposed it and another person confirmed it, until somebody revoked it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from countersign_verify.canonical import Json, canonical_object, digest_bytes
from countersign_verify.decision import Decision
from countersign_verify.encoding import base64_decode, digest_check, keys_exact
from countersign_verify.encoding import field as json_field
from countersign_verify.errors import RefusedError
from countersign_verify.log_events import LogContent, LoggedEvent
from countersign_verify.trust import Trust
from countersign_verify.vocabulary import (
    EVENT_CREDENTIAL_CONFIRMED,
    EVENT_CREDENTIAL_PROPOSED,
    EVENT_CREDENTIAL_REVOKED,
    EVENT_ROLE_GRANTED,
    EVENT_ROLE_REVOKED,
)
from countersign_verify.webauthn import (
    ASSERTION_VERSION,
    assertion_read,
    assertion_verify,
    key_material,
)

ADMIN = "admin"
CONFIRMERS = frozenset({ADMIN, "director"})
_ASSERTION = frozenset({"v", "credential", "authenticator_data", "client_data", "signature"})


@dataclass(slots=True)
class Passkey:
    """A passkey that could decide, and from where to where in the log it could."""

    person_id: str
    public_key: bytes
    rp_id: str
    confirmed: int | None = None
    revoked: int | None = None
    count: int = 0

    def active(self, index: int) -> bool:
        """Whether it could decide at this place of the log."""
        began = self.confirmed is not None and self.confirmed < index
        return began and (self.revoked is None or index < self.revoked)


@dataclass(slots=True)
class People:
    """What the log tells of people.

    Attributes:
        roles: Where in the log each person came to hold a role, and where no longer, by person and role.
        passkeys: By the digest of their id.
        by_operator: How many roles were granted by the platform's operator, at the command line.
        materials: What the keys of all passkeys are, however they are spelled.
    """

    roles: dict[tuple[str, str], list[tuple[int, bool]]] = field(default_factory=dict)
    passkeys: dict[str, Passkey] = field(default_factory=dict)
    by_operator: int = 0
    materials: set[bytes] = field(default_factory=set)

    def held(self, person_id: str, role: str, index: int) -> bool:
        """Whether the person held the role at this place of the log."""
        held = False
        for moment, granted in self.roles.get((person_id, role), ()):
            if moment < index:
                held = granted
        return held


def people_read(content: LogContent, trust: Trust) -> People:
    """Read roles and passkeys from the events of a log, in order.

    Raises:
        RefusedError: A role was granted by somebody who could not, or a passkey enrolled by fewer than two.
    """
    people = People()
    proposed: dict[str, str] = {}
    if trust.accounts is not None:
        for person in trust.accounts.admins:
            people.roles[person, ADMIN] = [(-1, True)]
    for event in content.events:
        if event.type in {EVENT_ROLE_GRANTED, EVENT_ROLE_REVOKED}:
            _role(people, event, trust)
        elif event.type == EVENT_CREDENTIAL_PROPOSED:
            _propose(people, event, proposed)
        elif event.type == EVENT_CREDENTIAL_CONFIRMED:
            _confirm(people, event, proposed, trust)
        elif event.type == EVENT_CREDENTIAL_REVOKED and event.text("credential") in people.passkeys:
            passkey = people.passkeys[event.text("credential")]
            passkey.revoked = event.index if passkey.revoked is None else passkey.revoked
    return people


def _role(people: People, event: LoggedEvent, trust: Trust) -> None:
    granted = event.type == EVENT_ROLE_GRANTED
    if trust.accounts is not None and granted:
        if event.person_id is None:
            if not trust.accounts.operator_grants:
                raise RefusedError(
                    "people.operator",
                    f"event {event.index}: a role was granted by no person, and the trust file asks for one",
                )
            people.by_operator += 1
        elif not people.held(event.person_id, ADMIN, event.index):
            raise RefusedError(
                "people.grant",
                f"event {event.index}: a role was granted by one who was no administrator",
            )
    key = event.subject_id, event.text("role")
    people.roles.setdefault(key, []).append((event.index, granted))


def _propose(people: People, event: LoggedEvent, proposed: dict[str, str]) -> None:
    where = f"event {event.index}: "
    public_key = base64_decode(event.text("public_key"))
    material = key_material(public_key)
    name = digest_check(event.text("credential"), "the credential")
    if event.person_id != event.text("person_id"):
        raise RefusedError("people.proposed", f"{where}a passkey was proposed by another than its owner")
    # Two spellings of one key would let one authenticator decide as two people.
    if name in people.passkeys or material in people.materials:
        raise RefusedError("people.twice", f"{where}a passkey was enrolled twice")
    people.materials.add(material)
    people.passkeys[name] = Passkey(event.text("person_id"), public_key, event.text("rp_id"))
    proposed[event.subject_id] = name


def _confirm(people: People, event: LoggedEvent, proposed: Mapping[str, str], trust: Trust) -> None:
    where = f"event {event.index}: "
    passkey = people.passkeys.get(event.text("credential"))
    if passkey is None or proposed.get(event.subject_id) != event.text("credential"):
        raise RefusedError("people.confirmed", f"{where}a passkey was confirmed that nobody had proposed")
    if event.text("person_id") != passkey.person_id or event.text("fingerprint") != digest_bytes(
        passkey.public_key
    ):
        raise RefusedError("people.fingerprint", f"{where}another key was confirmed than was proposed")
    if event.person_id is None or event.person_id == passkey.person_id:
        raise RefusedError("people.second", f"{where}a passkey was confirmed by no other person")
    if trust.accounts is not None and not any(
        people.held(event.person_id, role, event.index) for role in CONFIRMERS
    ):
        raise RefusedError("people.confirmer", f"{where}a passkey was confirmed by somebody without the role")
    if passkey.confirmed is None:
        passkey.confirmed = event.index


def decider_check(decision: Decision, event: LoggedEvent, people: People, trust: Trust) -> None:
    """Check that a decision was made in a role that its person held there.

    Raises:
        RefusedError: The log does not say so.
    """
    if trust.accounts is not None and not people.held(decision.person_id, decision.role, event.index):
        raise RefusedError(
            "decision.role", f"the log does not say that the approver was {decision.role[:40]!a} then"
        )


def passkey_check(decision: Decision, data: bytes, event: LoggedEvent, people: People, trust: Trust) -> str:
    """Check the passkey's own signature over a decision.

    Args:
        decision: The decision.
        data: The stored assertion, canonical JSON.
        event: The event of the decision.
        people: What the log tells of passkeys.
        trust: The keys to believe, and for whom passkeys sign.

    Returns:
        The digest by which the log names the passkey.

    Raises:
        RefusedError: The passkey was not this person's then, or did not sign this decision here.
    """
    if trust.passkeys is None:
        raise RefusedError("passkey.party", "the trust file does not say for whom passkeys sign")
    content = canonical_object(data)
    keys_exact(content, _ASSERTION, "the assertion")
    if content["v"] != ASSERTION_VERSION or content["v"] is True:
        raise RefusedError("passkey.version", "the assertion is of no known version")
    if event.data.get("assertion_digest") != digest_bytes(data):
        raise RefusedError("passkey.event", "the log tells of another assertion")
    name = json_field(content, "credential", str, "the assertion")
    passkey = people.passkeys.get(name)
    if passkey is None or not passkey.active(event.index) or passkey.person_id != decision.person_id:
        raise RefusedError("passkey.person", "the passkey could not decide for this person at that place")
    if passkey.rp_id != trust.passkeys.rp_id:
        raise RefusedError("passkey.rp", "the passkey was enrolled for another relying party")
    assertion: Mapping[str, Json] = content
    count = assertion_verify(
        assertion_read(assertion),
        public_key=passkey.public_key,
        challenge=decision.challenge,
        party=trust.passkeys,
    )
    if (count or passkey.count) and count <= passkey.count:
        raise RefusedError("passkey.count", "the counter of the passkey did not grow: it may be a copy")
    passkey.count = count
    return name
