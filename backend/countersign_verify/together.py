"""Changes that are scored together: splitting one change into several does not lower its risk.

A pack may carry, beside the inputs of its own change, those of other changes of the same session to the same
files. Its score is then that of all of them as if they were one change.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from countersign_verify.canonical import (
    MAX_INTEGER,
    Json,
    JsonInput,
    canonical_bytes,
    canonical_loads,
    canonical_object,
    digest_bytes,
)
from countersign_verify.encoding import digest_check, field, keys_exact
from countersign_verify.errors import RefusedError
from countersign_verify.pack import Pack
from countersign_verify.risk import MAX_FACTOR, WEIGHTS, risk_evaluate
from countersign_verify.vocabulary import MEMBER_ENTRIES, MEMBER_RISK_INPUTS, MEMBER_TOGETHER, SESSION

HISTORY = "platform:history"  # what came before is the same for all of them, and counts once
_ENTRY = frozenset({"run_id", "pack", "paths", "inputs"})
_WHERE = "a change that is scored together with this one"

Inputs = Mapping[str, Sequence[Mapping[str, JsonInput]]]


@dataclass(frozen=True, slots=True)
class Beside:
    """Another change that a pack was scored together with.

    Attributes:
        inputs: The bytes of its own inputs, as its own pack must hold them.
        score: Of that change alone.
    """

    run_id: str
    pack: str
    paths: tuple[str, ...]
    inputs: bytes
    score: int

    def as_json(self) -> dict[str, Json]:
        """How the signed risk names it."""
        return {"run_id": self.run_id, "pack": self.pack, "score": self.score}


@dataclass(frozen=True, slots=True)
class PackRisk:
    """The risk of a pack, recomputed.

    Attributes:
        own: The inputs of this change alone.
        predicate: What the scorer must have signed.
        session: The session that the change belongs to; nothing where the pack does not say.
        paths: The files that the change touches.
    """

    own: dict[str, list[dict[str, Json]]]
    predicate: dict[str, Json]
    session: str
    paths: frozenset[str]
    beside: tuple[Beside, ...]


def risk_together(parts: Sequence[Inputs]) -> dict[str, list[dict[str, JsonInput]]]:
    """The inputs of several changes as if they were one.

    Inputs of the same factor, name and source become one. Where each change has a number for its value, and
    it is not one of the project's history, values and effects add up; of any other the largest effect counts.
    No factor gets smaller than in any of the parts.

    Raises:
        RefusedError: A part lacks a factor or has an unknown one, or an input has the wrong shape.
    """
    groups: dict[str, dict[tuple[str, str], list[dict[str, Json]]]] = {name: {} for name in WEIGHTS}
    for part in parts:
        factors = risk_evaluate(part)["factors"]
        for name in WEIGHTS:
            for key, item in _summed(factors, name).items():
                groups[name].setdefault(key, []).append(item)
    return {name: [_merged(items) for _, items in sorted(found.items())] for name, found in groups.items()}


def together_predicate(own: Inputs, beside: Iterable[Beside], parts: Sequence[Inputs]) -> dict[str, Json]:
    """What the scorer signs: the risk of the change, or of the changes that are scored together."""
    alone = risk_evaluate(own)
    named = [other.as_json() for other in beside]
    if not named:
        return alone
    return {**risk_evaluate(risk_together([own, *parts])), "alone": alone["score"], "together": [*named]}


def pack_risk(pack: Pack) -> PackRisk:
    """Recompute the risk of a pack from its recorded inputs.

    Raises:
        RefusedError: The inputs are malformed, or another change is named that shares no file with this one.
    """
    own = inputs_read(canonical_object(pack.read(MEMBER_RISK_INPUTS)))
    entries = canonical_loads(pack.read(MEMBER_ENTRIES))
    paths = frozenset(
        str(item.get("path"))
        for item in (entries if isinstance(entries, list) else [])
        if isinstance(item, dict)
    )
    others = others_read(pack)
    beside = tuple(other for other, _ in others)
    for other in beside:
        if not other.paths or not paths.issuperset(other.paths):
            raise RefusedError("together.paths", f"{_WHERE} shares no file with it")
    runs = [other.run_id for other in beside]
    if runs != sorted(set(runs)) or pack.subject["run_id"] in runs:
        raise RefusedError(
            "together.runs", "the changes scored together are not in order, or one is there twice"
        )
    session = pack.subject.get(SESSION, "")
    if not isinstance(session, str):
        raise RefusedError("together.session", "the session of the pack is no text")
    predicate = together_predicate(own, beside, [inputs for _, inputs in others])
    return PackRisk(own, predicate, session, paths, beside)


def others_read(pack: Pack) -> tuple[tuple[Beside, dict[str, list[dict[str, Json]]]], ...]:
    """The changes that a pack was scored together with, each with its inputs; in most packs there are none.

    Raises:
        RefusedError: One is malformed.
    """
    if MEMBER_TOGETHER not in pack.members:
        return ()
    value = canonical_loads(pack.read(MEMBER_TOGETHER))
    if not isinstance(value, list) or not value:
        raise RefusedError("together.list", f"{MEMBER_TOGETHER} is not a list of at least one change")
    found: list[tuple[Beside, dict[str, list[dict[str, Json]]]]] = []
    for item in value:
        if not isinstance(item, dict):
            raise RefusedError("together.list", f"{_WHERE} is not an object")
        keys_exact(item, _ENTRY, _WHERE)
        inputs = inputs_read(field(item, "inputs", dict, _WHERE))
        other = Beside(
            run_id=field(item, "run_id", str, _WHERE),
            pack=digest_check(item["pack"], f"the pack of {_WHERE}"),
            paths=tuple(str(path) for path in field(item, "paths", list, _WHERE)),
            inputs=canonical_bytes(inputs),
            score=field(risk_evaluate(inputs), "score", int, "the risk"),
        )
        found.append((other, inputs))
    return tuple(found)


def inputs_read(inputs: Mapping[str, Json]) -> dict[str, list[dict[str, Json]]]:
    """Read ``{factor: [input, ...]}``.

    Raises:
        RefusedError: It has another shape.
    """
    factors: dict[str, list[dict[str, Json]]] = {}
    for name, items in inputs.items():
        if not isinstance(items, list):
            raise RefusedError("risk.input", f"the inputs of {name[:80]!a} are not a list")
        factors[name] = [item for item in items if isinstance(item, dict)]
        if len(factors[name]) != len(items):
            raise RefusedError("risk.input", f"an input of {name[:80]!a} is not an object")
    return factors


def apart_check(one: PackRisk, other: PackRisk, runs: tuple[str, str]) -> None:
    """Check that of two changes of one session to the same files one was scored together with the other.

    Raises:
        RefusedError: Neither was.
    """
    if not one.session or one.session != other.session or one.paths.isdisjoint(other.paths):
        return
    if runs[1] in {item.run_id for item in one.beside} or runs[0] in {item.run_id for item in other.beside}:
        return
    shared = min(one.paths & other.paths)
    raise RefusedError(
        "merge.apart",
        f"it and the run {runs[1][:80]!a} of the same session both change {shared[:200]!a}, and neither was "
        "scored together with the other",
    )


def beside_check(risk: PackRisk, packs: Mapping[str, Pack]) -> None:
    """Check that the inputs of other changes are those of their own packs, as far as these are known.

    Raises:
        RefusedError: One is another.
    """
    for other in risk.beside:
        known = packs.get(other.pack)
        if known is None:
            continue
        if known.subject["run_id"] != other.run_id:
            raise RefusedError("together.pack", f"the pack {other.pack} is one of another run")
        if known.members[MEMBER_RISK_INPUTS].digest != digest_bytes(other.inputs):
            raise RefusedError("together.inputs", f"the pack {other.pack} has other inputs of its risk")


def _summed(factors: Json, name: str) -> dict[tuple[str, str], dict[str, Json]]:
    """The inputs of one factor of one change, by name and source; the same one twice adds up."""
    found: dict[tuple[str, str], list[dict[str, Json]]] = {}
    factor = factors[name] if isinstance(factors, dict) else None
    items = factor["inputs"] if isinstance(factor, dict) else None
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict):
            found.setdefault((str(item["name"]), str(item["source"])), []).append(item)
    return {key: _added(same) for key, same in found.items()}


def _merged(items: list[dict[str, Json]]) -> dict[str, JsonInput]:
    """One input out of those of several changes."""
    if all(_is_count(item["value"]) for item in items) and items[0]["source"] != HISTORY:
        return dict(_added(items))
    return {**_one_of(min(items, key=_heaviest_first), items)}


def _heaviest_first(item: dict[str, Json]) -> tuple[int, bytes]:
    return (-_number(item["effect"]), canonical_bytes(item))


def _added(items: list[dict[str, Json]]) -> dict[str, Json]:
    added = _one_of(min(items, key=canonical_bytes), items)
    added["effect"] = min(MAX_FACTOR, sum(_number(item["effect"]) for item in items))
    if all(_is_count(item["value"]) for item in items):
        added["value"] = max(-MAX_INTEGER, min(MAX_INTEGER, sum(_number(item["value"]) for item in items)))
    return added


def _one_of(chosen: dict[str, Json], items: list[dict[str, Json]]) -> dict[str, Json]:
    """A copy of one of the inputs; what is not known in any of them is not known in it."""
    copied = {name: value for name, value in chosen.items() if name != "known"}
    if any(item.get("known") is False for item in items):
        copied["known"] = False
    return copied


def _is_count(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Json) -> int:
    return value if isinstance(value, int) else 0
