"""Builds the proof of a phase: what was demanded, what is met, and the evidence for it.

Pure: the same records and facts give the same proof to the byte. Whether the proof is *enough* is
not decided here but by `countersign_verify.phases.phase_complete`, which an auditor runs as well.

Every answer carries the digest of an evidence record, and the records stand in the proof, so a
reader can follow each "met" to the packs, merges and analysis it rests on. What can't be shown is
not met: an analysis that was not made, a merge without a pack, a gate that did not report.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from countersign.plans.contracts import (
    ChangeFact,
    DeliverableData,
    FindingFact,
    GateKind,
    PhaseData,
    PhaseFacts,
    PhaseGateData,
    SelectorData,
    WorkItemData,
    WorkItemState,
)
from countersign.plans.selection import selector_matches
from countersign.plans.unjudged import coverage_wanted, reason_unjudged
from countersign.shared.types import JSON
from countersign_verify.canonical import digest_of

VERSION = 1
# `None` where a deliverable is not about findings: then no analysis can show that there is nothing to do.
_Selectors = tuple[SelectorData, ...] | None
_GATE_PASSED = "pass"
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether one demand is met, why, and the record of evidence behind it."""

    met: bool
    reason: str
    evidence: Mapping[str, JSON] | None


@dataclass(frozen=True, slots=True)
class PhaseRecord:
    """A phase as stored, with what its proof needs of its surroundings."""

    phase: PhaseData
    plan: Mapping[str, JSON]
    dependencies: tuple[tuple[str, bool], ...]
    work_items: tuple[WorkItemData, ...]


def proof_build(record: PhaseRecord, facts: PhaseFacts) -> dict[str, Any]:  # the proof is JSON
    """Build the proof document of a phase."""
    phase = record.phase
    evidence: dict[str, JSON] = {}
    deliverables = [_deliverable(item, record, facts, evidence) for item in phase.deliverables]
    selectors = _selectors(phase.deliverables)
    gates: list[JSON] = []
    for gate in phase.gates:
        answer = _answer(gate.check, selectors, record.work_items, facts)
        gates.append(
            {"code": gate.code, "text": _gate_text(gate), **_answered(answer, evidence)},
        )
    return {
        "v": VERSION,
        "phase": {
            "id": phase.id,
            "code": phase.code,
            "title": phase.title,
            "plan": dict(record.plan),
        },
        "head_commit": facts.head_commit,
        "analysis": facts.analysis_digest,
        "dependencies": [{"code": code, "complete": complete} for code, complete in record.dependencies],
        "deliverables": deliverables,
        "gates": gates,
        "coverage": _coverage(phase),
        "signoff": _signoff(phase),
        "evidence": [{"digest": digest, "record": evidence[digest]} for digest in sorted(evidence)],
    }


def proof_unsigned(proof: Mapping[str, Any]) -> dict[str, Any]:  # the proof is JSON
    """Give the proof as it stood before the sign-off: this is what the Director signs over."""
    return {**proof, "signoff": None}


def _selectors(deliverables: Iterable[DeliverableData]) -> _Selectors:
    """Give the selectors of all deliverables; `None` when one has none: its findings can't be looked for."""
    found = tuple(item.selector for item in deliverables)
    known = tuple(selector for selector in found if selector is not None)
    return known if len(known) == len(found) else None


def _gate_text(gate: PhaseGateData) -> str:
    """Say of a NO-GO trigger what meets it: that it does not hold."""
    return f"must not be: {gate.text}" if gate.kind is GateKind.NO_GO else gate.text


def _coverage(phase: PhaseData) -> dict[str, JSON]:
    """Say which coverage the phase has to reach; nothing measures it yet, and unknown is not reached."""
    criteria = [criterion.check for item in phase.deliverables for criterion in item.criteria]
    wanted = coverage_wanted([*criteria, *(gate.check for gate in phase.gates)])
    if wanted is None:
        return {"applies": False, "reason": "the plan sets no coverage threshold"}
    return {"applies": True, "threshold": wanted, "measured": None}


def _signoff(phase: PhaseData) -> dict[str, JSON] | None:
    if phase.signoff is None:
        return None
    return {
        "request_id": phase.signoff.request_id,
        "decision_id": phase.signoff.decision_id,
        "proof_digest": phase.signoff.proof_digest,
    }


def _deliverable(
    deliverable: DeliverableData,
    record: PhaseRecord,
    facts: PhaseFacts,
    evidence: dict[str, JSON],
) -> dict[str, JSON]:
    items = tuple(item for item in record.work_items if item.deliverable_id == deliverable.id)
    criteria: list[JSON] = []
    all_met = True
    for criterion in deliverable.criteria:
        answer = _answer(criterion.check, _selectors([deliverable]), items, facts)
        all_met = all_met and answer.met
        criteria.append({"code": criterion.code, "text": criterion.text, **_answered(answer, evidence)})
    return {
        "code": deliverable.code,
        "title": deliverable.title,
        "state": _state(all_met=all_met, items=items),
        "criteria": criteria,
    }


def _state(*, all_met: bool, items: tuple[WorkItemData, ...]) -> str:
    if all_met:
        return "done"
    begun = {WorkItemState.RUNNING, WorkItemState.MERGED}
    return "in_progress" if any(item.state in begun for item in items) else "planned"


def _answered(answer: Answer, evidence: dict[str, JSON]) -> dict[str, JSON]:
    digest: str | None = None
    if answer.evidence is not None:
        digest = digest_of(answer.evidence)
        evidence[digest] = answer.evidence
    return {"met": answer.met and digest is not None, "evidence": digest, "reason": answer.reason}


def _answer(
    check: Mapping[str, Any],  # the check document
    selectors: _Selectors,
    items: tuple[WorkItemData, ...],
    facts: PhaseFacts,
) -> Answer:
    kind = check["kind"]
    if kind == "findings_zero":
        return _findings_zero(selectors, facts, fixable_only=bool(check.get("fixable_only")))
    if kind == "merged":
        return _merged(items, lambda: _nothing_to_do(selectors, facts, check), facts)
    if kind == "gate_passed":
        gates = tuple(check["gates"])
        return _gate_passed(gates, items, lambda: _nothing_to_do(selectors, facts, check), facts)
    reason = reason_unjudged(check) or f"a check of the kind {kind!r} is not known"
    return Answer(met=False, reason=reason, evidence=None)


def _findings_zero(selectors: _Selectors, facts: PhaseFacts, *, fixable_only: bool) -> Answer:
    if selectors is None:
        return Answer(met=False, reason="unknown: the plan does not say which findings", evidence=None)
    left = _left(selectors, facts, fixable_only=fixable_only)
    if left is None:
        return Answer(
            met=False,
            reason="unknown: the latest commit of the project has not been analysed",
            evidence=None,
        )
    word = "auto-fixable finding" if fixable_only else "finding"
    reason = f"no {word} is left" if not left else f"{len(left)} {word}(s) left"
    evidence = _analysis_record(selectors, facts, left, fixable_only=fixable_only)
    return Answer(met=not left, reason=reason, evidence=evidence)


def _left(
    selectors: tuple[SelectorData, ...], facts: PhaseFacts, *, fixable_only: bool
) -> tuple[FindingFact, ...] | None:
    """Give the findings of the selectors that are left, or None when nobody looked."""
    if facts.findings is None or facts.analysis_digest is None:
        return None
    return tuple(
        finding
        for finding in facts.findings
        if (finding.fixable or not fixable_only)
        and any(
            selector_matches(selector, tool=finding.tool, rule=finding.rule, path=finding.path)
            for selector in selectors
        )
    )


def _analysis_record(
    selectors: tuple[SelectorData, ...],
    facts: PhaseFacts,
    left: tuple[FindingFact, ...],
    *,
    fixable_only: bool,
) -> dict[str, JSON]:
    shown = sorted({f"{finding.tool}:{finding.rule} {finding.path}" for finding in left})
    return {
        "kind": "findings_zero",
        "commit": facts.head_commit,
        "analysis": facts.analysis_digest,
        "selectors": [selector.as_dict() for selector in selectors],
        "fixable_only": fixable_only,
        "left": len(left),
        "examples": shown[:_SHOWN],
    }


def _started(items: Iterable[WorkItemData]) -> tuple[WorkItemData, ...]:
    """Leave out the backlog: what nobody could or would take on yet is no change of this phase."""
    return tuple(item for item in items if item.state is not WorkItemState.BACKLOG)


def _merged(
    items: tuple[WorkItemData, ...], nothing_started: Callable[[], Answer], facts: PhaseFacts
) -> Answer:
    started = _started(items)
    if not started:
        return nothing_started()
    changes = _changes_by_item(facts)
    open_items = [
        item for item in started if item.state is not WorkItemState.MERGED or not _has_merge(changes, item)
    ]
    evidence: dict[str, JSON] = {
        "kind": "merged",
        "changes": [_change_record(item, changes.get(item.id)) for item in started],
    }
    if not open_items:
        return Answer(met=True, reason=f"{len(started)} change(s) merged", evidence=evidence)
    named = ", ".join(f"{item.key} ({item.state})" for item in open_items[:_SHOWN])
    return Answer(
        met=False,
        reason=f"{len(open_items)} of {len(started)} change(s) not merged: {named}",
        evidence=evidence,
    )


def _gate_passed(
    gates: tuple[str, ...],
    items: tuple[WorkItemData, ...],
    nothing_started: Callable[[], Answer],
    facts: PhaseFacts,
) -> Answer:
    merged = tuple(item for item in items if item.state is WorkItemState.MERGED)
    if not merged:
        if _started(items):
            return Answer(met=False, reason="no change is merged yet", evidence=None)
        return nothing_started()
    changes = _changes_by_item(facts)
    failed = sorted(
        f"{item.key}: {gate} is {_gate_status(changes.get(item.id), gate)}"
        for item in merged
        for gate in gates
        if _gate_status(changes.get(item.id), gate) != _GATE_PASSED
    )
    evidence: dict[str, JSON] = {
        "kind": "gate_passed",
        "gates": list(gates),
        "changes": [
            {
                **_change_record(item, changes.get(item.id)),
                "gates": {gate: _gate_status(changes.get(item.id), gate) for gate in gates},
            }
            for item in merged
        ],
    }
    if failed:
        return Answer(met=False, reason="; ".join(failed[:_SHOWN]), evidence=evidence)
    return Answer(
        met=True,
        reason=f"{', '.join(gates)} passed for {len(merged)} merged change(s)",
        evidence=evidence,
    )


def _nothing_to_do(
    selectors: _Selectors,
    facts: PhaseFacts,
    check: Mapping[str, Any],  # the check document
) -> Answer:
    """Judge a deliverable for which no change was started.

    That is enough only when the analysis shows that there was nothing to change; a check that asks
    for auto-fixable findings only is content when none of those is left.
    """
    if selectors is None:
        reason = "no change was started, and the plan names no findings that could show that none is needed"
        return Answer(met=False, reason=reason, evidence=None)
    fixable_only = bool(check.get("fixable_only"))
    left = _left(selectors, facts, fixable_only=fixable_only)
    if left is None:
        reason = "unknown: no change was started and the latest commit has not been analysed"
        return Answer(met=False, reason=reason, evidence=None)
    evidence = _analysis_record(selectors, facts, left, fixable_only=fixable_only)
    word = "auto-fixable finding" if fixable_only else "finding"
    if left:
        reason = f"no change was started although {len(left)} {word}(s) are left"
        return Answer(met=False, reason=reason, evidence=evidence)
    return Answer(met=True, reason=f"nothing to change: no {word} is left", evidence=evidence)


def _changes_by_item(facts: PhaseFacts) -> dict[str, ChangeFact]:
    """Give the change that counts for each work item: a merged one before any other."""
    chosen: dict[str, ChangeFact] = {}
    for change in facts.changes:
        known = chosen.get(change.work_item_id)
        if known is None or (change.merged and not known.merged):
            chosen[change.work_item_id] = change
    return chosen


def _has_merge(changes: Mapping[str, ChangeFact], item: WorkItemData) -> bool:
    change = changes.get(item.id)
    return change is not None and change.merged


def _gate_status(change: ChangeFact | None, gate: str) -> str:
    return "unknown" if change is None else change.gates.get(gate, "unknown")


def _change_record(item: WorkItemData, change: ChangeFact | None) -> dict[str, JSON]:
    return {
        "work_item": item.id,
        "key": item.key,
        "state": item.state.value,
        "run": change.run_id if change else None,
        "pack": change.pack_digest if change else None,
        "merge_commit": change.merge_commit if change else None,
    }
