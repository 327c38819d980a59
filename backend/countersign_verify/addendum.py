"""Addenda (``reverification/v1``): a decision carried over to a base that has moved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from countersign_verify.canonical import Json, JsonInput, canonical_object, digest_bytes
from countersign_verify.dsse import (
    REVERIFICATION_V1,
    Statement,
    envelope_verify,
    statement,
    statement_read,
    subject_entry,
)
from countersign_verify.encoding import digest_check, digest_hex, field, keys_exact
from countersign_verify.errors import RefusedError
from countersign_verify.pack_facts import PASS, entries_read, gates_read
from countersign_verify.pack_verify import VerifiedPack
from countersign_verify.risk import CAB_ABOVE
from countersign_verify.tree import Replacement, object_id_check
from countersign_verify.trust import Trust
from countersign_verify.vocabulary import PACK_SUBJECT

VERSION = 1
ROLES = ("gates", "scorer")
KIND_MERGE = "merge"
KIND_STATE = "state"
_WHERE = "the addendum"
_FIELDS = frozenset(
    {
        "v",
        "run_id",
        "pack",
        "request_id",
        "previous_base",
        "new_base",
        "intervening",
        "entries",
        "result_tree",
        "gates",
        "risk",
        "patch_digest",
        "touched_unchanged",
        "gate_configuration_unchanged",
    }
)
_STEP = frozenset({"commit", "kind", "run_id"})
_RISK = frozenset({"score", "union_score"})


@dataclass(frozen=True, slots=True)
class Step:
    """One commit between the base that was decided on and the one that was merged into."""

    commit: str
    kind: str
    run_id: str


@dataclass(frozen=True, slots=True)
class Addendum:
    """A re-verification that gates and scorer signed."""

    statement_digest: str
    run_id: str
    pack: str
    request_id: str
    previous_base: str
    new_base: str
    intervening: tuple[Step, ...]
    entries: tuple[Replacement, ...]
    result_tree: str
    gates: Mapping[str, str]
    score: int
    union_score: int
    patch_digest: str


def addendum_statement(predicate: Mapping[str, JsonInput]) -> dict[str, JsonInput]:
    """The in-toto statement of an addendum, ready to be signed by a gates key and a scorer key."""
    return statement([subject_entry(PACK_SUBJECT, str(predicate.get("pack")))], REVERIFICATION_V1, predicate)


def addendum_verify(data: bytes, trust: Trust) -> Addendum:
    """Check the stored envelope of an addendum and read it.

    Raises:
        RefusedError: The envelope or a field does not hold, or gates and scorer did not both sign.
    """
    envelope = canonical_object(data)
    keys = {keyid: key for role in ROLES for keyid, key in trust.roles[role].items()}
    payload = envelope_verify(envelope, keys, threshold=len(ROLES))
    signers = {
        str(item.get("keyid"))
        for item in field(envelope, "signatures", list, "the envelope")
        if isinstance(item, dict)
    }
    for role in ROLES:
        if signers.isdisjoint(trust.roles[role]):
            raise RefusedError("addendum.signers", f"no key of the role {role} signed the addendum")
    return _read(statement_read(payload, REVERIFICATION_V1), digest_bytes(payload))


def addendum_check(addendum: Addendum, verified: VerifiedPack) -> None:
    """Check that an addendum may carry decisions on this pack over to its new base.

    What the tree and the commits between must be is checked where they are known, with the merge.

    Raises:
        RefusedError: The patch is another, a gate did not pass, or the score is too high.
    """
    pack = verified.pack
    if (addendum.pack, addendum.run_id) != (pack.digest, pack.subject["run_id"]):
        raise RefusedError("addendum.pack", "the addendum is about another pack")
    if addendum.previous_base != pack.subject["base_commit"]:
        raise RefusedError("addendum.base", "the addendum starts from another base than the pack")
    if addendum.entries != verified.change.entries or addendum.patch_digest != verified.change.patch_digest:
        raise RefusedError("addendum.patch", "the patch of the addendum is not the one that was decided on")
    if addendum.gates.keys() != verified.gates.keys() or set(addendum.gates.values()) != {PASS}:
        raise RefusedError("addendum.gates", "not every gate passed again on the merged tree")
    if max(addendum.score, addendum.union_score, verified.risk.score) > CAB_ABOVE:
        raise RefusedError("addendum.risk", f"decisions carry over only at a score of at most {CAB_ABOVE}")


def _read(content: Statement, statement_digest: str) -> Addendum:
    data = content.predicate
    keys_exact(data, _FIELDS, _WHERE)
    if field(data, "v", int, _WHERE) != VERSION:
        raise RefusedError("addendum.version", "the addendum is of no known version")
    pack = digest_check(data["pack"], "the pack of the addendum")
    if dict(content.subjects) != {PACK_SUBJECT: {"sha256": digest_hex(pack)}}:
        raise RefusedError("addendum.subject", "the addendum and its statement name different packs")
    for name in ("touched_unchanged", "gate_configuration_unchanged"):
        if data[name] is not True:
            raise RefusedError("addendum.claims", f"the addendum does not say {name}")
    risk = field(data, "risk", dict, _WHERE)
    keys_exact(risk, _RISK, "the risk of the addendum")
    gates = gates_read(field(data, "gates", list, _WHERE))
    return Addendum(
        statement_digest=statement_digest,
        run_id=field(data, "run_id", str, _WHERE),
        pack=pack,
        request_id=field(data, "request_id", str, _WHERE),
        previous_base=object_id_check(data["previous_base"], "the previous base"),
        new_base=object_id_check(data["new_base"], "the new base"),
        intervening=_steps(field(data, "intervening", list, _WHERE)),
        entries=entries_read(data["entries"]),
        result_tree=object_id_check(data["result_tree"], "the result tree of the addendum"),
        gates={name: status for name, (status, _) in gates.items()},
        score=field(risk, "score", int, "the risk of the addendum"),
        union_score=field(risk, "union_score", int, "the risk of the addendum"),
        patch_digest=digest_check(data["patch_digest"], "the patch of the addendum"),
    )


def _steps(items: Sequence[Json]) -> tuple[Step, ...]:
    steps: list[Step] = []
    for item in items:
        if not isinstance(item, dict):
            raise RefusedError("addendum.steps", "an intervening commit is not an object")
        keys_exact(item, _STEP, "an intervening commit")
        kind = field(item, "kind", str, "an intervening commit")
        if kind not in {KIND_MERGE, KIND_STATE}:
            raise RefusedError("addendum.steps", "an intervening commit is neither merge nor state entry")
        commit = object_id_check(item["commit"], "an intervening commit")
        steps.append(Step(commit, kind, field(item, "run_id", str, "an intervening commit")))
    if not steps:
        raise RefusedError("addendum.steps", "the addendum lists no intervening commit")
    return tuple(steps)
