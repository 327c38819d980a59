"""The risk score: a pure function over recorded inputs, in integers.

``score = clamp(0..100, ceil(sum(weight * factor) / 1000))`` with factors 0..1000. Every input can only
raise its factor, so whoever supplies one cannot lower the score with it.
"""

from collections.abc import Mapping, Sequence
from typing import TypeGuard

from countersign_verify.canonical import Json, JsonInput, canonical_bytes
from countersign_verify.errors import RefusedError

WEIGHTS: Mapping[str, int] = {
    "privilege_impact": 20,
    "supply_chain_trust": 15,
    "exploitability": 10,
    "data_access": 10,
    "sbom_vulnerability": 15,
    "blast_radius": 10,
    "operational_complexity": 10,
    "history": 10,
}
MAX_FACTOR = 1000
MAX_SCORE = 100
CAB_ABOVE = 50
_INPUT_FIELDS = frozenset({"name", "value", "effect", "source"})


def risk_score(factors: Mapping[str, int]) -> int:
    """Score 0..100 from the eight factors, each 0..1000.

    Raises:
        RefusedError: A factor is missing, unknown, not an integer or out of range.
    """
    if factors.keys() != WEIGHTS.keys():
        wrong = sorted(factors.keys() ^ WEIGHTS.keys())
        raise RefusedError("risk.factors", f"missing or unknown risk factors: {', '.join(wrong)}")
    for name, value in factors.items():
        if not _in_range(value):
            raise RefusedError("risk.factor", f"the factor {name} is not an integer 0..{MAX_FACTOR}")
    total = sum(WEIGHTS[name] * value for name, value in factors.items())
    return min(MAX_SCORE, -(-total // MAX_FACTOR))


def risk_evaluate(inputs: Mapping[str, Sequence[Mapping[str, JsonInput]]]) -> dict[str, Json]:
    """Evaluate the recorded inputs of every factor.

    An input is ``{"name", "value", "effect", "source"}`` with an effect of 0..1000, and may say
    ``"known": false``. A factor is ``min(1000, sum of effects)``. A factor with an input that is not
    known, or with no inputs at all, is listed as unknown: nothing recorded is not the same as no risk.

    Args:
        inputs: For each of the eight factors its list of inputs, in any order.

    Returns:
        ``{"score", "factors": {name: {"value", "weight", "inputs"}}, "unknown": [names]}``.

    Raises:
        RefusedError: A factor is missing or unknown, or an input has the wrong shape.
    """
    if inputs.keys() != WEIGHTS.keys():
        wrong = sorted(inputs.keys() ^ WEIGHTS.keys())
        raise RefusedError("risk.factors", f"missing or unknown risk factors: {', '.join(wrong)}")
    values: dict[str, int] = {}
    factors: dict[str, Json] = {}
    unknown: list[Json] = []
    for name in sorted(WEIGHTS):
        checked = sorted((_input(item, name) for item in inputs[name]), key=canonical_bytes)
        value = min(MAX_FACTOR, sum(_effect(item) for item in checked))
        values[name] = value
        factors[name] = {"value": value, "weight": WEIGHTS[name], "inputs": list(checked)}
        if not checked or any(item.get("known") is False for item in checked):
            unknown.append(name)
    return {"score": risk_score(values), "factors": factors, "unknown": unknown}


def _input(item: object, factor: str) -> dict[str, Json]:
    """Check one input and copy it."""
    if not isinstance(item, Mapping) or not _INPUT_FIELDS <= item.keys() <= _INPUT_FIELDS | {"known"}:
        raise RefusedError("risk.input", f"an input of {factor} needs exactly name, value, effect, source")
    name, value, effect, source = (item[key] for key in ("name", "value", "effect", "source"))
    if not isinstance(name, str) or not isinstance(source, str) or not name or not source:
        raise RefusedError("risk.input", f"an input of {factor} has no name or no source")
    if not _in_range(effect):
        raise RefusedError("risk.effect", f"the effect of {factor}/{name} is not an integer 0..{MAX_FACTOR}")
    if value is not None and not isinstance(value, (bool, int, str)):
        raise RefusedError("risk.input", f"the value of {factor}/{name} is not a plain value")
    checked: dict[str, Json] = {"name": name, "value": value, "effect": effect, "source": source}
    if "known" in item:
        known = item["known"]
        if not isinstance(known, bool):
            raise RefusedError("risk.input", f"'known' of {factor}/{name} is not true or false")
        checked["known"] = known
    return checked


def _in_range(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_FACTOR


def _effect(item: Mapping[str, Json]) -> int:
    effect = item["effect"]
    return effect if isinstance(effect, int) else MAX_FACTOR
