"""What the platform thinks of a frozen change: gates, rules, risk, policy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from countersign.approvals.contracts import PolicySnapshot, QuorumRule
from countersign.gates.configuration import gate_configuration_paths
from countersign.gates.contracts import ChangedPath, GateContext
from countersign.gates.runner import gates_run
from countersign.governance.checks import change_evaluate
from countersign.governance.contracts import GateFact, HistoryFacts
from countersign.governance.facts import change_facts, file_changes
from countersign.governance.matching import rules_match
from countersign.governance.policy import RULE_TOGETHER, policy_decide
from countersign.governance.risk_factors import risk_inputs
from countersign.sandbox.isolation import IsolationKind
from countersign.workflow.change import changed_kinds, repository_of
from countersign.workflow.places import analysis_cache, workspace
from countersign.workflow.trial import trial_policy
from countersign_verify.risk import risk_evaluate
from countersign_verify.together import risk_together

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from countersign.evidence.contracts import BesideEvidence
    from countersign.gates.contracts import GateReport, GateResultData
    from countersign.governance.contracts import (
        ChangeFacts,
        QuorumPart,
        RuleSetData,
        ViolationData,
        WaiverData,
    )
    from countersign.governance.quorums import QuorumInForce
    from countersign.governance.risk_factors import RiskInputs
    from countersign.projects.contracts import ProjectData
    from countersign.workflow.change import FrozenChange

_NAMED = 3

QUORUM_RULE = "quorum.policy"
GATES = ("tests", "lint", "findings", "secrets", "test_integrity")


@dataclass(frozen=True, slots=True)
class Circumstance:
    """What the platform knows about a change besides its bytes."""

    finding_types: tuple[str, ...]
    target_rules: tuple[str, ...]
    persona: str
    phase_code: str
    proposer: str
    history: HistoryFacts


@dataclass(frozen=True, slots=True)
class Assessment:
    """Rules, risk and policy over one change."""

    facts: ChangeFacts
    violations: tuple[ViolationData, ...]
    inputs: RiskInputs
    score: int
    unknown: tuple[str, ...]
    policy: PolicySnapshot


def gates_check(
    project: ProjectData, change: FrozenChange, *, target_rules: tuple[str, ...]
) -> tuple[GateReport, ...]:
    """Run the gates on the frozen result tree, against its base, away from the agent."""
    repository = repository_of(project)
    kinds = changed_kinds(repository, change.base_commit, change.entries)
    with workspace("gates") as directory:
        base, result = directory / "base", directory / "result"
        repository.archive(change.base_commit, base)
        repository.archive(change.change_commit, result)
        context = GateContext(
            base_directory=base,
            result_directory=result,
            changed=tuple(ChangedPath(path, kind) for path, kind in sorted(kinds.items())),
            base_commit=change.base_commit,
            result_tree=change.result_tree,
            environment=project.environment,
            baseline=project.baseline,
            isolation=IsolationKind(project.isolation),
            target_rules=target_rules,
        )
        return gates_run(context, GATES, base_cache=Path(analysis_cache()))


def passkey_wanted(project: ProjectData, tier: str) -> bool:
    """Say whether decisions of this tier need the approver's own passkey in this project."""
    return project.settings.get("passkey") in {"all", tier}


def _together_reasons(
    beside: tuple[BesideEvidence, ...], *, alone: int, score: int
) -> tuple[dict[str, str], ...]:
    if not beside:
        return ()
    paths = sorted({path for item in beside for path in item.paths})
    named = ", ".join(paths[:_NAMED]) + (" and others" if len(paths) > _NAMED else "")
    others = "1 other change" if len(beside) == 1 else f"{len(beside)} other changes"
    text = (
        f"Scored together with {others} of the same session to the same files ({named}): "
        f"{alone} alone, {score} together."
    )
    return ({"rule": RULE_TOGETHER, "text": text},)


def quorum_reasons(quorums: QuorumInForce, quorum: Iterable[QuorumPart]) -> tuple[dict[str, str], ...]:
    """Say where the numbers come from, unless they are those that are built in."""
    if not quorums.version:
        return ()
    people = ", ".join(f"{part.count} x {part.role}" for part in quorum)
    whose = "this project's" if quorums.own else "the platform's"
    text = f"Who decides: {people}, by version {quorums.version} of {whose} quorum policy."
    if quorums.waiting:
        text += " A policy that asks for less waits for its checkpoint."
    return ({"rule": QUORUM_RULE, "text": text},)


def change_assess(
    project: ProjectData,
    change: FrozenChange,
    *,
    reports: tuple[GateReport, ...] | tuple[GateResultData, ...],
    circumstance: Circumstance,
    ruleset: RuleSetData,
    waivers: tuple[WaiverData, ...],
    moment: datetime,
    beside: tuple[BesideEvidence, ...] = (),
    quorums: QuorumInForce,
) -> Assessment:
    """Judge a change: a pure function of what is recorded with it.

    With others ``beside`` it, score and unknown factors are those of all of them as one change.
    """
    repository = repository_of(project)
    kinds = changed_kinds(repository, change.base_commit, change.entries)
    facts = change_facts(
        file_changes(kinds, change.diff),
        gate_configuration=gate_configuration_paths(tuple(kinds)),
        gates=tuple(GateFact(item.name, item.status.value, item.reason) for item in reports),
        baseline_status=project.baseline.status if project.baseline else "unknown",
        isolation=project.isolation,
        proposer=circumstance.proposer,
        history=circumstance.history,
        finding_types=circumstance.finding_types,
        personas=(circumstance.persona,),
        phases=(circumstance.phase_code,),
    )
    inputs = risk_inputs(facts)
    alone = risk_evaluate(inputs)
    risk = risk_evaluate(risk_together([inputs, *(item.inputs for item in beside)])) if beside else alone
    score = int(str(risk["score"]))
    unknown = tuple(str(name) for name in risk["unknown"])  # type: ignore[union-attr]  # a list of names
    rules = rules_match(ruleset, facts.match_facts())
    violations = change_evaluate(rules, facts, score=score, waivers=waivers, at=moment)
    decided = policy_decide(score, unknown, facts.touches, violations, rules=rules, tiers=quorums.tiers)
    policy = PolicySnapshot(
        tier=decided.tier,
        quorum=tuple(QuorumRule(part.role, part.count) for part in decided.quorum),
        reasons=(
            *({"rule": reason.rule, "text": reason.text} for reason in decided.reasons),
            *_together_reasons(beside, alone=int(str(alone["score"])), score=score),
            *quorum_reasons(quorums, decided.quorum),
        ),
        blocked=decided.blocked,
        passkey=passkey_wanted(project, decided.tier),
        stopped=tuple((item.rule, item.paths) for item in violations if item.blocking),
        exceptions=tuple(sorted({item.waived_by for item in violations if item.waived_by})),
    )
    return Assessment(facts, violations, inputs, score, unknown, trial_policy(project, policy))
