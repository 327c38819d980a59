"""One world of every kind that an export may tell of, each sound, to be damaged in every way."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256

from countersign_verify.canonical import canonical_bytes, digest_bytes
from countersign_verify.encoding import base64_decode, base64_encode
from countersign_verify.merkle import leaf_hash, root_of
from countersign_verify.notes import ALGORITHM_COSIGNATURE, Checkpoint, cosign_note, verifier_key
from countersign_verify.trust import Accounts
from countersign_verify.webauthn import Party, base64url_encode, decision_challenge
from tests.passkeys import ORIGIN, RP_ID, Passkey
from tests.unit.countersign_verify.samples import (
    DIRECTOR,
    KEYS,
    PackPlan,
    decision_predicate,
    pack_plan,
    trust_bytes,
)
from tests.unit.countersign_verify.test_break_glass import CAB, Glass
from tests.unit.countersign_verify.test_log_unmade import unmake
from tests.unit.countersign_verify.test_together import LIGHT, beside_entry, together_plan
from tests.unit.countersign_verify.test_trial import Trial
from tests.unit.countersign_verify.worlds import FIRST_SECOND, Case, World, full_world, person_actor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROOT = "person-root"
WITNESS = verifier_key("w", KEYS["witness"].public_key(), ALGORITHM_COSIGNATURE)
WITNESSED = {"witnesses": [WITNESS], "quorum": 1, "mode": "witnessed"}


class Same(Passkey):
    """A passkey that signs the same each time."""

    def sign(self, message: bytes) -> bytes:
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return self.private.sign(message, ec.ECDSA(SHA256(), deterministic_signing=True))
        return super().sign(message)


@dataclass
class Many(World):
    """A world with files that no other has, and with witnesses."""

    assertions: dict[str, bytes] = field(default_factory=dict)
    witnessed: bool = False
    seen_at: int = FIRST_SECOND + 60

    def note(self, size: int) -> str:
        note = super().note(size)
        return cosign_note(note, "w", KEYS["witness"], self.seen_at) if self.witnessed else note

    def write(self, directory: Path) -> Path:
        super().write(directory)
        for name, data in self.assertions.items():
            (directory / f"decisions/{name}.webauthn.json").write_bytes(data)
        return directory


@dataclass(frozen=True)
class Kind:
    """A sound world and the trust file by which it holds."""

    name: str
    world: Many
    trust: bytes


def kinds(directory: Path) -> list[Kind]:
    """All of them."""
    makers: list[Callable[[Path], tuple[World, dict[str, Any]]]] = [
        _full,
        _tiles,
        _witnessed,
        _glass,
        _trial,
        _unmade,
        _passkeys,
        _policies,
        _together,
        _unattended,
    ]
    found = []
    for make in makers:
        place = directory / make.__name__
        place.mkdir(parents=True)
        world, settings = make(place)
        many = Many(**{name: value for name, value in vars(world).items() if not name.startswith("_")})
        many.trust_copy = trust_bytes(**settings)
        many.witnessed = bool(settings.get("witnesses"))
        found.append(Kind(make.__name__.strip("_"), many, many.trust_copy))
    return found


def copy_of(kind: Kind) -> Many:
    return copy.deepcopy(kind.world)


def longer_note(world: Many) -> bytes:
    """What somebody kept of the log when it was longer than it is now."""
    size = len(world.entries) + 1
    root = root_of(leaf_hash(entry) for entry in [*world.entries, b"{}"])
    longer = copy.deepcopy(world)
    longer.entries.append(b"{}")
    assert Checkpoint(world.origin, size, root).text() in longer.note(size)
    return longer.note(size).encode()


def _full(directory: Path) -> tuple[World, dict[str, Any]]:
    return full_world(directory, filler=5), {}


def _tiles(directory: Path) -> tuple[World, dict[str, Any]]:
    """Two full tiles and some more."""
    return full_world(directory, filler=530), {}


def _witnessed(directory: Path) -> tuple[World, dict[str, Any]]:
    return full_world(directory, filler=1), WITNESSED


def _glass(directory: Path) -> tuple[World, dict[str, Any]]:
    glass = Glass(Case(directory))
    glass.all()
    glass.close()
    glass.review()
    return glass.world, {}


def _trial(directory: Path) -> tuple[World, dict[str, Any]]:
    trial = Trial(Case(directory))
    trial.approve()
    trial.merge()
    return trial.world, {}


def _unmade(directory: Path) -> tuple[World, dict[str, Any]]:
    world = full_world(directory, filler=1)
    unmake(world, list(world.packs)[1], "run-2", actor=person_actor(ROOT))
    return world, {}


def _unattended(directory: Path) -> tuple[World, dict[str, Any]]:
    case = Case(directory)
    case.decide(unattended=True)
    case.world.merge(case.plan, case.pack, ["d1"])
    return case.world, {"allow_unattended": True}


def _grant(world: World, person: str, role: str) -> None:
    world.log("role.granted", ("person", person), {"role": role}, actor=person_actor(ROOT))


def _policies(directory: Path) -> tuple[World, dict[str, Any]]:
    """Roles, a policy that one person made stricter, and one that two people made weaker."""
    world = World()
    roles = {DIRECTOR: "director", "person-cab": "cab_member", "person-other": "director"}
    for person, role in roles.items():
        _grant(world, person, role)
    stricter = {"cab": {"cab_member": 2}, "director": {"director": 2}}
    weaker = {"cab": {"cab_member": 1}, "director": {"director": 1}}
    where = ("quorum_policy", "x")
    said = {"policy_id": "p1", "project": "", "tiers": stricter}
    world.log("quorum_policy.set", where, said, actor=person_actor(ROOT))
    said = {"policy_id": "p2", "project": "sample", "tiers": weaker}
    world.log("quorum_policy.proposed", where, said, actor=person_actor(ROOT))
    world.log("quorum_policy.set", where, said, actor=person_actor("person-other"))
    plan = pack_plan()
    pack = world.pack(plan, directory)
    world.decide("d1", decision_predicate(plan, pack))
    world.merge(plan, pack, ["d1"])
    return world, {"accounts": Accounts(frozenset({ROOT}), operator_grants=True)}


def _together(directory: Path) -> tuple[World, dict[str, Any]]:
    """A change scored together with an earlier one of its session to the same file."""
    world = World()
    first = together_plan("run-1", [], **LIGHT)
    first_pack = world.pack(first, directory)
    second = together_plan("run-2", [beside_entry(first, first_pack)], **{**LIGHT, "policy": CAB})
    world.decide("d1", decision_predicate(first, first_pack))
    world.merge(first, first_pack, ["d1"])
    world.pack(second, directory)
    return world, {}


def _passkeys(directory: Path) -> tuple[World, dict[str, Any]]:
    """Two people with passkeys, each enrolled by two, who approve a change that asks for them."""
    world = World()
    keys = [
        Same(ec.derive_private_key(12_345, ec.SECP256R1()), b"one" * 11),
        Same(ed25519.Ed25519PrivateKey.from_private_bytes(b"p" * 32), b"two" * 11),
    ]
    people = [DIRECTOR, "person-second"]
    for number, (person, passkey) in enumerate(zip(people, keys, strict=True)):
        _grant(world, person, "cab_member")
        where = ("credential", f"c{number}")
        said = {"person_id": person, "credential": digest_bytes(passkey.id)}
        offered = {**said, "public_key": base64_encode(passkey.cose), "rp_id": RP_ID}
        world.log("credential.proposed", where, offered, actor=person_actor(person))
        confirmed = {**said, "fingerprint": digest_bytes(passkey.cose)}
        world.log("credential.confirmed", where, confirmed, actor=person_actor(ROOT))
    policy = {**CAB, "passkey": True}
    plan = pack_plan(effect=1000, policy=policy)
    pack = world.pack(plan, directory)
    many = Many(**vars(world))
    for number, (person, passkey) in enumerate(zip(people, keys, strict=True)):
        _decided(many, plan, pack, (f"d{number}", person, passkey))
    revoked = {"person_id": ROOT, "credential": digest_bytes(keys[0].id)}
    many.log("credential.revoked", ("credential", "c0"), revoked)
    many.merge(plan, pack, ["d0", "d1"])
    return many, {
        "accounts": Accounts(frozenset({ROOT}), operator_grants=False),
        "passkeys": Party(RP_ID, frozenset({ORIGIN})),
    }


def _decided(world: Many, plan: PackPlan, pack: str, by: tuple[str, str, Passkey]) -> None:
    name, person, passkey = by
    predicate = decision_predicate(plan, pack, nonce=f"nonce-of-the-decision-{name}")
    predicate["approver"].update(person_id=person, user_id=f"user-{person}", role="cab_member", passkey=True)
    world.decide(name, predicate)
    payload = json.loads(world.decisions[name])["payload"]
    challenge = decision_challenge(json.loads(base64_decode(payload)))
    answer = passkey.answer(base64url_encode(challenge))
    parts = {key: answer[key] for key in ("authenticator_data", "client_data", "signature")}
    assertion = canonical_bytes({"v": 1, "credential": digest_bytes(passkey.id), **parts})
    world.assertions[name] = assertion
    event = json.loads(world.entries[-1])
    event["data"]["assertion_digest"] = digest_bytes(assertion)
    world.entries[-1] = canonical_bytes(event)


def seeded(*parts: object) -> Random:
    """A generator of numbers that any machine makes alike."""
    return Random(":".join(map(str, parts)))  # noqa: S311 - no secret
