"""Trust files: what they must say, and what they may not pretend."""

from typing import Any

import pytest

from countersign_verify.canonical import canonical_bytes, strict_loads
from countersign_verify.merkle import EMPTY_ROOT
from countersign_verify.notes import (
    ALGORITHM_COSIGNATURE,
    Checkpoint,
    checkpoint_sign,
    cosign_note,
    open_note,
    verifier_key,
)
from countersign_verify.signing import key_id
from countersign_verify.trust import SELF_ATTESTED, WITNESSED, trust_build, trust_read
from tests.unit.countersign_verify.samples import KEYS, ORIGIN, refused, trust, trust_bytes

WITNESS = verifier_key("witness", KEYS["witness"].public_key(), ALGORITHM_COSIGNATURE)


def test_trust_read_gives_what_was_built() -> None:
    read = trust()
    assert read.mode == SELF_ATTESTED
    assert read.roles["gates"] == {
        key_id(KEYS["gates"].public_key()): KEYS["gates"].public_key().public_bytes_raw()
    }
    assert not read.allow_unattended
    assert read.describe().startswith("self-attested: only the operator's own keys")


def test_trust_counts_witnesses_by_their_keys() -> None:
    read = trust(mode=WITNESSED, witnesses=[WITNESS], quorum=1)
    assert "1 independent witnesses" in read.describe()
    note = checkpoint_sign(Checkpoint(ORIGIN, 0, EMPTY_ROOT), ORIGIN, KEYS["log"])
    keys = (*read.log_keys, *read.witnesses)
    with refused("witness.quorum"):
        read.witnesses_check(open_note(note, keys))
    cosigned = cosign_note(note, "witness", KEYS["witness"], 1767225600)
    assert read.witnesses_check(open_note(cosigned, keys)) == 1


def test_trust_build_refuses_a_malformed_key() -> None:
    with refused("key.size"):
        trust_build(origin=ORIGIN, log_keys=[], roles={"gates": [b"short"]})


OTHER_ROLES: dict[str, Any] = {"runner": {}, "gates": {}, "scorer": {}}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"format": "x"}, "trust.format"),
        ({"mode": "believe me"}, "trust.mode"),
        ({"mode": WITNESSED}, "trust.quorum"),
        ({"quorum": 1}, "trust.quorum"),
        ({"quorum": -1}, "trust.quorum"),
        ({"witnesses": [WITNESS, WITNESS], "quorum": 2, "mode": WITNESSED}, "trust.quorum"),
        ({"log_keys": []}, "trust.keys"),
        ({"log_keys": ["x"]}, "note.key"),
        ({"log_keys": [WITNESS]}, "trust.keys"),
        ({"witnesses": [verifier_key("w", KEYS["witness"].public_key())]}, "trust.keys"),
        (
            {"witnesses": [verifier_key("w", KEYS["log"].public_key(), ALGORITHM_COSIGNATURE)]},
            "trust.witness",
        ),
        ({"allow_unattended": 1}, "field.type"),
        ({"more": 1}, "field.unknown"),
        ({"roles": OTHER_ROLES}, "field.missing"),
        ({"roles": {**OTHER_ROLES, "decisions": {"sha256:x": "AAAA"}}}, "key.size"),
        ({"roles": {**OTHER_ROLES, "decisions": {"sha256:x": "A" * 43 + "="}}}, "trust.keys"),
    ],
)
def test_trust_read_refuses_with_the_reason(change: dict[str, Any], code: str) -> None:
    data = strict_loads(trust_bytes())
    assert isinstance(data, dict)
    with refused(code):
        trust_read(canonical_bytes({**data, **change}))


def test_trust_read_refuses_what_is_no_object() -> None:
    with refused("trust.shape"):
        trust_read(b"[]")
    with refused("json.duplicate"):
        trust_read(b'{"mode":"self-attested","mode":"witnessed"}')
