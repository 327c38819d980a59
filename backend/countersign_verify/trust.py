"""The trust file: the keys that a stranger decides to believe, and what they may say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from countersign_verify.canonical import Json, JsonInput, strict_loads
from countersign_verify.encoding import base64_decode, base64_encode, field, keys_exact
from countersign_verify.errors import RefusedError
from countersign_verify.notes import (
    ALGORITHM_COSIGNATURE,
    ALGORITHM_ED25519,
    OpenedNote,
    Verifier,
    verifier_parse,
)
from countersign_verify.signing import PublicKey, key_id, public_bytes
from countersign_verify.vocabulary import TRUST_FORMAT
from countersign_verify.webauthn import Party

ROLES = ("runner", "gates", "scorer", "decisions")
SELF_ATTESTED = "self-attested"
WITNESSED = "witnessed"
_FIELDS = frozenset(
    {"format", "origin", "log_keys", "mode", "roles", "allow_unattended", "witnesses", "quorum"}
)


_OPTIONAL = frozenset({"accounts", "passkeys"})


@dataclass(frozen=True, slots=True)
class Accounts:
    """Where roles come from.

    Attributes:
        admins: Persons who are administrators from the beginning.
        operator_grants: Whether roles granted by no person count: by whoever operates the platform.
    """

    admins: frozenset[str]
    operator_grants: bool


@dataclass(frozen=True, slots=True)
class Trust:
    """What a trust file says.

    Attributes:
        origin: Name of the log.
        log_keys: Keys that sign its checkpoints.
        mode: ``self-attested`` when only the operator vouches for the log, or ``witnessed``.
        roles: For each role the public keys that may act in it, by key id.
        allow_unattended: Whether decisions without a person count.
        witnesses: Keys of independent witnesses.
        quorum: How many of them must have cosigned.
        accounts: Where roles come from; None where the file leaves roles to the key of the decisions.
        passkeys: For whom passkeys sign; None where none may.
        data: What the file says.
        raw: The file as read, to be compared with the copy in an export.
    """

    origin: str
    log_keys: tuple[Verifier, ...]
    mode: str
    roles: Mapping[str, Mapping[str, bytes]]
    allow_unattended: bool
    witnesses: tuple[Verifier, ...]
    quorum: int
    data: Json
    raw: bytes
    accounts: Accounts | None = None
    passkeys: Party | None = None

    def describe(self) -> str:
        """What the mode means, for a stranger."""
        if self.mode == SELF_ATTESTED:
            return (
                "self-attested: only the operator's own keys vouch for this; whoever holds them could "
                "have written another history, and no independent witness would know"
            )
        return f"witnessed: at least {self.quorum} independent witnesses saw every state of the log"

    def witnesses_check(self, note: OpenedNote) -> int:
        """Count the witnesses that cosigned a note.

        Raises:
            RefusedError: They are fewer than the quorum.
        """
        seen = {item.verifier.public_key for item in note.signatures if item.verifier in self.witnesses}
        if len(seen) < self.quorum:
            raise RefusedError("witness.quorum", f"{len(seen)} witnesses cosigned where {self.quorum} must")
        return len(seen)


def trust_build(
    *,
    origin: str,
    log_keys: Iterable[str],
    roles: Mapping[str, Iterable[PublicKey]],
    mode: str = SELF_ATTESTED,
    allow_unattended: bool = False,
    witnesses: Iterable[str] = (),
    quorum: int = 0,
    accounts: Accounts | None = None,
    passkeys: Party | None = None,
) -> dict[str, JsonInput]:
    """The content of a trust file.

    Args:
        origin: Name of the log.
        log_keys: Verifier key strings of the log.
        roles: For each of ``ROLES`` its public keys.
        mode: ``self-attested`` or ``witnessed``.
        allow_unattended: Whether decisions without a person count.
        witnesses: Verifier key strings of witnesses.
        quorum: How many of them must have cosigned.
        accounts: Where roles come from.
        passkeys: For whom passkeys sign.

    Raises:
        RefusedError: A key is malformed.
    """
    more: dict[str, JsonInput] = {}
    if accounts is not None:
        more["accounts"] = {"admins": sorted(accounts.admins), "operator_grants": accounts.operator_grants}
    if passkeys is not None:
        more["passkeys"] = {"rp_id": passkeys.rp_id, "origins": sorted(passkeys.origins)}
    return {
        "format": TRUST_FORMAT,
        "origin": origin,
        "log_keys": list(log_keys),
        "mode": mode,
        "roles": {
            role: {key_id(key): base64_encode(public_bytes(key)) for key in keys}
            for role, keys in roles.items()
        },
        "allow_unattended": allow_unattended,
        "witnesses": list(witnesses),
        "quorum": quorum,
        **more,
    }


def trust_read(data: bytes) -> Trust:
    """Read a trust file.

    Raises:
        RefusedError: It is malformed, lacks a key, or claims witnesses that it does not name.
    """
    value = strict_loads(data)
    if not isinstance(value, dict):
        raise RefusedError("trust.shape", "the trust file is not an object")
    keys_exact(value, _FIELDS | (_OPTIONAL & value.keys()), "the trust file")
    if value["format"] != TRUST_FORMAT:
        raise RefusedError("trust.format", f"the trust file is not of the format {TRUST_FORMAT}")
    trust = Trust(
        origin=field(value, "origin", str, "the trust file"),
        log_keys=_verifiers(value, "log_keys", ALGORITHM_ED25519),
        mode=field(value, "mode", str, "the trust file"),
        roles=_roles(field(value, "roles", dict, "the trust file")),
        allow_unattended=field(value, "allow_unattended", bool, "the trust file"),
        witnesses=_verifiers(value, "witnesses", ALGORITHM_COSIGNATURE),
        quorum=field(value, "quorum", int, "the trust file"),
        data=value,
        raw=data,
        accounts=_accounts(value),
        passkeys=_passkeys(value),
    )
    if not trust.log_keys:
        raise RefusedError("trust.keys", "the trust file names no key of the log")
    _mode_check(trust)
    return trust


def _mode_check(trust: Trust) -> None:
    witnesses = {verifier.public_key for verifier in trust.witnesses}
    if trust.mode not in {SELF_ATTESTED, WITNESSED}:
        raise RefusedError("trust.mode", f"the mode of the trust file is {trust.mode[:40]!a}")
    if not 0 <= trust.quorum <= len(witnesses) or (trust.mode == WITNESSED and trust.quorum == 0):
        raise RefusedError("trust.quorum", "the trust file names too few witnesses for its quorum")
    if witnesses & {verifier.public_key for verifier in trust.log_keys}:
        raise RefusedError("trust.witness", "a witness of the trust file is the log itself")


def _verifiers(data: Mapping[str, Json], name: str, algorithm: int) -> tuple[Verifier, ...]:
    verifiers: list[Verifier] = []
    for item in field(data, name, list, "the trust file"):
        if not isinstance(item, str):
            raise RefusedError("trust.keys", f"a key under {name} is not text")
        verifier = verifier_parse(item)
        if verifier.algorithm != algorithm:
            raise RefusedError("trust.keys", f"a key under {name} is of another kind")
        verifiers.append(verifier)
    return tuple(verifiers)


def _roles(data: Mapping[str, Json]) -> Mapping[str, Mapping[str, bytes]]:
    keys_exact(data, frozenset(ROLES), "'roles' of the trust file")
    roles: dict[str, Mapping[str, bytes]] = {}
    for role in ROLES:
        keys: dict[str, bytes] = {}
        for keyid, encoded in field(data, role, dict, "'roles' of the trust file").items():
            if not isinstance(encoded, str):
                raise RefusedError("trust.keys", f"a key under {role} is not text")
            raw = base64_decode(encoded)
            if key_id(raw) != keyid:
                raise RefusedError("trust.keys", f"a key id under {role} does not name its key")
            keys[keyid] = raw
        roles[role] = keys
    return roles


def _accounts(data: Mapping[str, Json]) -> Accounts | None:
    if "accounts" not in data:
        return None
    where = "'accounts' of the trust file"
    value = field(data, "accounts", dict, "the trust file")
    keys_exact(value, frozenset({"admins", "operator_grants"}), where)
    return Accounts(_texts(value, "admins", where), field(value, "operator_grants", bool, where))


def _passkeys(data: Mapping[str, Json]) -> Party | None:
    if "passkeys" not in data:
        return None
    where = "'passkeys' of the trust file"
    value = field(data, "passkeys", dict, "the trust file")
    keys_exact(value, frozenset({"rp_id", "origins"}), where)
    return Party(field(value, "rp_id", str, where), _texts(value, "origins", where))


def _texts(data: Mapping[str, Json], name: str, where: str) -> frozenset[str]:
    items = field(data, name, list, where)
    texts = frozenset(item for item in items if isinstance(item, str))
    if len(texts) != len(items):
        raise RefusedError("trust.list", f"{name} of {where} is not a list of different texts")
    return texts
