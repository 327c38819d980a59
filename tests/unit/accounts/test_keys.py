"""Two people who hold one key count as one, however they came by it."""

from __future__ import annotations

from typing import Any

import cbor2
import pytest
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction

from countersign.accounts.enrolment import credential_confirm
from countersign.accounts.errors import PasskeyRefused, SecondPersonNeeded
from countersign.accounts.keys import key_groups, key_twins, material_digest
from countersign.accounts.models import DecidingCredential
from countersign.accounts.selectors import role_holders
from countersign.shared.actor import Actor
from tests.passkeys import Passkey
from tests.unit.accounts.test_enrolment import member, propose


class Respelled(Passkey):
    """The same key with the parts of its map in another order."""

    @property
    def cose(self) -> bytes:
        return cbor2.dumps(dict(reversed(cbor2.loads(super().cose).items())))


def logs_in_with(actor: Actor, passkey: Passkey, **changes: Any) -> None:  # noqa: ANN401 - parts of any type
    """Register a passkey that logs in, as the library keeps it."""
    data = {"name": "key", "credential": passkey.register("challenge"), **changes}
    Authenticator.objects.create(user_id=actor.id, type=Authenticator.Type.WEBAUTHN, data=data)


def test_key_of_another_in_a_second_spelling_is_refused(db: None) -> None:
    passkey = Passkey()
    propose(member("director"), passkey)
    respelled = Respelled(passkey.private)
    assert respelled.cose != passkey.cose
    with pytest.raises(PasskeyRefused):
        propose(member("director"), respelled)


def test_material_is_unique_in_the_database(db: None) -> None:
    first = propose(member("director"))
    second = propose(member("director"))
    material = DecidingCredential.objects.values_list("material", flat=True).get(pk=first.id)
    with pytest.raises(IntegrityError), transaction.atomic():
        DecidingCredential.objects.filter(pk=second.id).update(material=material)


def test_key_twins_are_who_log_in_with_the_same_key(db: None) -> None:
    one, other, third, passkey = member("director"), member("director"), member("director"), Passkey()
    logs_in_with(one, passkey)
    logs_in_with(other, Respelled(passkey.private))
    logs_in_with(third, Passkey())
    assert key_twins(str(one.person_id)) == {other.person_id}
    assert key_twins(str(third.person_id)) == frozenset()
    assert key_groups()[str(other.person_id)] == {one.person_id, other.person_id}


def test_key_twins_are_who_decide_with_what_another_logs_in_with(db: None) -> None:
    one, other, passkey = member("director"), member("director"), Passkey()
    logs_in_with(one, passkey)
    propose(other, Passkey(passkey.private))
    assert key_twins(str(one.person_id)) == {other.person_id}


def test_key_groups_join_what_hangs_together(db: None) -> None:
    people = [member("director") for _ in range(3)]
    first, second = Passkey(), Passkey()
    for actor, key in ((people[0], first), (people[1], first), (people[1], second), (people[2], second)):
        logs_in_with(actor, Passkey(key.private))
    whole = {str(actor.person_id) for actor in people}
    assert all(group == whole for group in key_groups().values())
    assert key_groups().keys() == whole


def test_two_accounts_of_one_person_are_no_twins(db: None) -> None:
    one = member("director")
    second = member("director", person_id=str(one.person_id))
    passkey = Passkey()
    logs_in_with(one, passkey)
    logs_in_with(second, Passkey(passkey.private))
    assert key_groups() == {}


@pytest.mark.parametrize(
    "credential",
    [None, {}, {"response": {"attestationObject": "!"}}, {"response": {"attestationObject": "oA"}}],
)
def test_key_twins_pass_over_what_is_no_passkey(db: None, credential: Any) -> None:  # noqa: ANN401 - JSON
    one = member("director")
    logs_in_with(one, Passkey(), credential=credential)
    assert key_twins(str(one.person_id)) == frozenset()


def test_material_digest_of_a_kind_that_never_decides_names_its_bytes() -> None:
    assert material_digest(b"\xa0") != material_digest(b"\xa1\x01\x02")


def test_credential_confirm_refuses_who_holds_the_same_key(db: None) -> None:
    owner, twin, passkey = member("director"), member("admin"), Passkey()
    logs_in_with(owner, passkey)
    logs_in_with(twin, Passkey(passkey.private))
    proposed = propose(owner)
    with pytest.raises(SecondPersonNeeded):
        credential_confirm(actor=twin, credential_id=proposed.id, fingerprint=proposed.fingerprint)


def test_role_holders_counts_people(db: None) -> None:
    member("director", "cab_member")
    member("director")
    assert role_holders(["director", "cab_member", "nobody"]) == {"director": 2, "cab_member": 1}
