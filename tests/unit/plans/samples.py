"""A plan of two phases and more, and the facts that complete the first of them."""

import uuid
from collections.abc import Callable
from typing import TypedDict, Unpack

from countersign.plans.contracts import (
    ChangeFact,
    FindingFact,
    PhaseFacts,
    PlanData,
    WorkItemData,
    WorkItemDraft,
    WorkItemState,
)
from countersign.shared.actor import Actor

ANALYSIS = "sha256:" + "a" * 64
PACK = "sha256:" + "b" * 64
HEAD = "c" * 40

PLAN = """\
code: PLAN
title: A plan
phases:
  - code: P1
    title: Hygiene
    deliverables:
      - code: P1.1
        title: No unused imports
        selector: {tool: ruff, rules: [F401]}
        acceptance_criteria:
          - text: None is left that can be removed safely.
            check: {kind: findings_zero, fixable_only: true}
          - text: All changes are merged.
            check: {kind: merged, fixable_only: true}
    gates:
      - code: G1
        text: Tests pass.
        check: {kind: gate_passed, gates: [tests], fixable_only: true}
  - code: P2
    title: Security
    depends_on: [P1]
    deliverables:
      - code: P2.1
        title: No weaknesses
        selector: {tool: bandit, rules: [B]}
        acceptance_criteria:
          - text: None is left.
            check: {kind: findings_zero}
  - code: P3
    title: After both
    depends_on: [P2]
    deliverables:
      - code: P3.1
        title: Order
        selector: {tool: ruff, rules: [I]}
        acceptance_criteria:
          - text: All merged.
            check: {kind: merged}
"""


ItemMaker = Callable[..., WorkItemData]


def project_make(actor: Actor, slug: str = "sample") -> str:
    """Register a project without a repository behind it and give its id."""
    from countersign.projects.services import project_create

    return project_create(
        actor=actor,
        slug=slug,
        name=slug.title(),
        source_path=f"/srv/{slug}",
        repository_path=f"/srv/{slug}.git",
        isolation="bubblewrap",
    ).id


class DraftChanges(TypedDict, total=False):
    """What a test may want different in a draft."""

    phase: int
    key: str
    deliverable_id: str | None
    state: WorkItemState
    priority: int


def draft(plan: PlanData, **changes: Unpack[DraftChanges]) -> WorkItemDraft:
    phase = plan.phases[changes.get("phase", 0)]
    return WorkItemDraft(
        key=changes.get("key", "ruff:unused:src"),
        title="Remove unused imports in src",
        rules=("F401",),
        paths=("src/a.py",),
        tool="ruff",
        finding_ids=("f1", "f2"),
        deliverable_id=changes.get("deliverable_id", phase.deliverables[0].id),
        priority=changes.get("priority", 0),
        persona="quality",
        adapter="ruff",
        state=changes.get("state", WorkItemState.PROPOSED),
    )


def facts(
    *changes: ChangeFact,
    findings: tuple[FindingFact, ...] | None = (),
    analysis: str | None = ANALYSIS,
    head: str = HEAD,
) -> PhaseFacts:
    return PhaseFacts(head_commit=head, findings=findings, analysis_digest=analysis, changes=changes)


def merged(item: WorkItemData, **gates: str) -> ChangeFact:
    return ChangeFact(
        work_item_id=item.id,
        run_id=str(uuid.uuid4()),
        pack_digest=PACK,
        merge_commit="d" * 40,
        gates=gates or {"tests": "pass"},
    )
