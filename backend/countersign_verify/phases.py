"""Whether a phase is complete: recomputed from its proof, never taken from it.

A proof carries every demand of the phase with the record of evidence that is said to meet it. Each
record is named by its own digest and judged here by its kind, so that a "met" without evidence behind it
counts for nothing. Whatever this function does not understand is missing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeGuard

from countersign_verify.canonical import Json, JsonInput, digest_of
from countersign_verify.encoding import field
from countersign_verify.errors import RefusedError

PROOF_VERSION = 1
DONE = "done"
PASS = "pass"  # noqa: S105 - a gate's verdict
MERGED = "merged"
SIGNOFF_MISSING = "sign-off by a person"

_Record = Mapping[str, JsonInput]


def phase_complete(proof: Mapping[str, JsonInput]) -> tuple[bool, list[str]]:
    """Judge the proof of a phase.

    Args:
        proof: ``{"v": 1, "phase", "dependencies": [{"code", "complete"}], "deliverables": [{"code",
            "state", "criteria": [demand]}], "gates": [demand], "coverage", "signoff", "evidence":
            [{"digest", "record"}]}`` where a demand is ``{"code", "met", "evidence": digest, "reason"}``.

    Returns:
        Whether the phase is complete, and what is missing, one sentence each. Input of any other shape
        is incomplete; this function does not raise.
    """
    missing: list[str] = []
    if proof.get("v") != PROOF_VERSION or proof.get("v") is True:
        missing.append("the proof is of no known version")
    records = _records(proof, missing)
    dependencies = _objects(proof, "dependencies", missing, may_be_empty=True)
    missing += [
        f"phase {_code(dependency)} before this one is not complete"
        for dependency in dependencies
        if dependency.get("complete") is not True
    ]
    for deliverable in _objects(proof, "deliverables", missing):
        _deliverable(deliverable, records, missing)
    for gate in _objects(proof, "gates", missing, may_be_empty=True):
        _demand(gate, f"gate {_code(gate)}", records, missing)
    _coverage(proof.get("coverage"), missing)
    _signoff(proof, missing)
    return not missing, missing


def proof_unsigned(proof: Mapping[str, JsonInput]) -> dict[str, JsonInput]:
    """The proof as it stood before the sign-off: what the sign-off is over."""
    return {**proof, "signoff": None}


def proof_changes(proof: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    """The changes that the records of evidence in a proof speak of.

    Raises:
        RefusedError: The proof has no evidence.
    """
    for item in field(proof, "evidence", list, "the proof"):
        record = item.get("record") if isinstance(item, dict) else None
        changes = record.get("changes") if isinstance(record, dict) else None
        for change in changes if isinstance(changes, list) else ():
            if isinstance(change, dict):
                yield change


def merged_runs(proof: Mapping[str, Json]) -> list[str]:
    """The runs of the merges that a proof rests on, sorted.

    Raises:
        RefusedError: The proof has no evidence.
    """
    return sorted({str(change.get("run")) for change in proof_changes(proof) if change.get("merge_commit")})


def _deliverable(deliverable: _Record, records: Mapping[str, _Record], missing: list[str]) -> None:
    code = _code(deliverable)
    if deliverable.get("state") != DONE:
        missing.append(f"deliverable {code} is not done")
    found: list[str] = []
    criteria = _objects(deliverable, "criteria", found)
    missing += [f"deliverable {code}: {text}" for text in found]
    for criterion in criteria:
        _demand(criterion, f"criterion {_code(criterion)} of {code}", records, missing)


def _demand(demand: _Record, what: str, records: Mapping[str, _Record], missing: list[str]) -> None:
    if demand.get("met") is not True:
        missing.append(f"{what}: {demand.get('reason') or 'not met'}")
        return
    digest = demand.get("evidence")
    record = records.get(digest) if isinstance(digest, str) else None
    if record is None:
        missing.append(f"{what}: is said to be met, but its evidence is not in the proof")
        return
    kind = record.get("kind")
    judge = _JUDGES.get(kind) if isinstance(kind, str) else None
    if judge is None or not judge(record):
        missing.append(f"{what}: the evidence does not show it")


def _findings_zero(record: _Record) -> bool:
    left = record.get("left")
    analysed = bool(record.get("analysis")) and bool(record.get("commit"))
    return _is_count(left) and left == 0 and analysed


def _merged(record: _Record) -> bool:
    changes = _list_of_objects(record.get("changes"))
    return bool(changes) and all(_change_merged(change) for change in changes or ())


def _gate_passed(record: _Record) -> bool:
    changes, gates = _list_of_objects(record.get("changes")), record.get("gates")
    if not changes or not isinstance(gates, Sequence) or isinstance(gates, str) or not gates:
        return False
    return all(
        _change_merged(change)
        and isinstance(verdicts := change.get("gates"), Mapping)
        and all(isinstance(gate, str) and verdicts.get(gate) == PASS for gate in gates)
        for change in changes
    )


def _change_merged(change: _Record) -> bool:
    return change.get("state") == MERGED and all(
        bool(change.get(name)) for name in ("run", "pack", "merge_commit")
    )


_JUDGES: Mapping[str, Callable[[_Record], bool]] = {
    "findings_zero": _findings_zero,
    "merged": _merged,
    "gate_passed": _gate_passed,
}


def _coverage(coverage: JsonInput, missing: list[str]) -> None:
    """A plan with a coverage threshold has to show that it is reached; one without says so."""
    if not isinstance(coverage, Mapping):
        missing.append("the proof does not say whether a coverage threshold applies")
    elif coverage.get("applies") is False:
        if not coverage.get("reason"):
            missing.append("the proof does not say why no coverage threshold applies")
    else:
        measured, threshold = coverage.get("measured"), coverage.get("threshold")
        if not (_is_count(measured) and _is_count(threshold) and measured >= threshold):
            missing.append("the coverage threshold is not shown to be reached")


def _signoff(proof: Mapping[str, JsonInput], missing: list[str]) -> None:
    signoff = proof.get("signoff")
    if not isinstance(signoff, Mapping):
        missing.append(SIGNOFF_MISSING)
        return
    try:
        over = digest_of(proof_unsigned(proof))
    except RefusedError as error:
        missing.append(f"the proof is malformed: {error.message}")
        return
    if signoff.get("proof_digest") != over:
        missing.append("the sign-off is over another proof")
    if not signoff.get("request_id") or not signoff.get("decision_id"):
        missing.append("the sign-off names no decision")


def _records(proof: Mapping[str, JsonInput], missing: list[str]) -> dict[str, _Record]:
    """The records of evidence whose digest is truly theirs."""
    records: dict[str, _Record] = {}
    for item in _objects(proof, "evidence", missing, may_be_empty=True):
        digest, record = item.get("digest"), item.get("record")
        try:
            good = isinstance(record, Mapping) and digest_of(record) == digest
        except RefusedError:
            good = False
        if good and isinstance(record, Mapping) and isinstance(digest, str):
            records[digest] = record
        else:
            missing.append(f"a record of evidence is not the one that {str(digest)[:80]} names")
    return records


def _objects(
    data: _Record, name: str, missing: list[str], *, may_be_empty: bool = False
) -> Sequence[_Record]:
    items = _list_of_objects(data.get(name))
    if items is None:
        missing.append(f"{name} are not listed")
        return ()
    if not items and not may_be_empty:
        missing.append(f"there are no {name}")
    return items


def _list_of_objects(value: JsonInput) -> Sequence[_Record] | None:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return None
    items = [item for item in value if isinstance(item, Mapping)]
    return items if len(items) == len(value) else None


def _is_count(value: JsonInput) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _code(data: _Record) -> str:
    return str(data.get("code", "without a code"))[:80]
