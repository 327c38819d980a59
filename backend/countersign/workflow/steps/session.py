"""An analysis session: tools, findings, work items."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from countersign.findings.analysis import analysis_run
from countersign.findings.grouping import findings_group
from countersign.findings.selectors import finding_list, session_get
from countersign.findings.services import hook_record, session_complete, session_fail, session_start
from countersign.gates.configuration import gate_configuration_paths
from countersign.plans.contracts import PhaseState, WorkItemDraft, WorkItemState
from countersign.plans.selection import deliverable_choose, findings_assign
from countersign.plans.selectors import plan_current, work_item_list
from countersign.plans.services import work_items_create
from countersign.projects.selectors import project_get
from countersign.prompts.contracts import RoutingFacts
from countersign.prompts.routing import persona_route
from countersign.prompts.selectors import persona_list
from countersign.providers.selectors import adapters_for
from countersign.runs.selectors import run_list
from countersign.sandbox.isolation import IsolationKind
from countersign.sandbox.repository import Repository
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.following import head_follow
from countersign.workflow.outcomes import Done, Next, StepContext, Workflow
from countersign.workflow.phases import phases_recompute
from countersign.workflow.places import workspace
from countersign.workflow.prompting import prompt_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from countersign.findings.contracts import FindingData, FindingGroup
    from countersign.plans.contracts import DeliverableData, PlanData
    from countersign.shared.types import JSON

# Nobody decides three hundred one-line changes: a few at a time, the rest is backlog.
MAX_PROPOSED = 5


def tools_run(context: StepContext) -> Next:
    """Run the analysis tools on the project's head and keep what they found."""
    session_id = context.text("session_id")
    session = session_get(actor=context.actor, session_id=session_id)
    project = project_get(actor=context.actor, project_id=session.project_id)
    if not run_list(actor=EXECUTOR, project_id=project.id, state="merging"):
        # What was pushed since is analysed too; while a merge moves the branch it says where it stands.
        project = head_follow(project)
    session_start(actor=context.actor, lease=context.lease, session_id=session_id, commit=project.head_commit)
    session = session_get(actor=context.actor, session_id=session_id)
    with workspace("analysis") as directory:
        tree = directory / "tree"
        Repository(Path(project.repository_path)).archive(session.commit, tree)
        results = analysis_run(tree, isolation=IsolationKind(project.isolation))
    for result in results:
        hook_record(actor=context.actor, lease=context.lease, session_id=session_id, result=result)
    found = sum(len(result.findings) for result in results)
    return Next("group", summary=f"{found} findings from {', '.join(item.tool for item in results)}")


def findings_plan(context: StepContext) -> Next:
    """Group the findings into a few work items, route them, and put the rest into the backlog."""
    session_id = context.text("session_id")
    session = session_get(actor=context.actor, session_id=session_id)
    findings = finding_list(actor=context.actor, session_id=session_id)
    plan = plan_current(actor=context.actor, project_id=session.project_id)
    by_id = {finding.id: finding for finding in findings}
    drafts = tuple(
        _draft(context, group, by_id, deliverable) for deliverable, group in _groups(findings, plan)
    )
    items = work_items_create(
        actor=context.actor,
        lease=context.lease,
        project_id=session.project_id,
        session_id=session_id,
        items=drafts,
    )
    proposed = sum(item.state is WorkItemState.PROPOSED for item in items)
    return Next("prompts", summary=f"{proposed} work items proposed of {len(findings)} findings")


def _groups(
    findings: tuple[FindingData, ...], plan: PlanData | None
) -> tuple[tuple[DeliverableData | None, FindingGroup], ...]:
    """Group what the phases in work ask for; what lies outside of them is backlog.

    Without a plan the best few groups of everything are proposed.
    """
    if plan is None:
        groups = findings_group(findings, limit=MAX_PROPOSED, apart=_steering(findings))
        return tuple((None, group) for group in groups)
    deliverables = tuple(
        deliverable
        for phase in plan.phases
        if phase.state in {PhaseState.ACTIVE, PhaseState.AWAITING_SIGNOFF}
        for deliverable in phase.deliverables
    )
    assigned = findings_assign(deliverables, findings)
    asked = [finding for owner, members in assigned.items() if owner for finding in members]
    wanted = [[finding.id for finding in assigned.get(item.id, ())] for item in deliverables]
    groups = findings_group(asked, limit=MAX_PROPOSED, wanted=wanted, apart=_steering(asked))
    inside = [(_owner_of(group, deliverables, asked), group) for group in groups]
    outside = [
        (None, replace(group, key=f"outside:{group.key}"))
        for group in findings_group(assigned.get("", ()), limit=0)
    ]
    return (*inside, *outside)


def _steering(findings: Iterable[FindingData]) -> frozenset[str]:
    """Files that configure the gates stay apart: they would pull an ordinary group up to the CAB."""
    return gate_configuration_paths({finding.path for finding in findings})


def _owner_of(
    group: FindingGroup, deliverables: tuple[DeliverableData, ...], findings: list[FindingData]
) -> DeliverableData | None:
    tool = next(finding.tool for finding in findings if finding.id in group.finding_ids)
    return deliverable_choose(deliverables, tool=tool, rules=group.rules, paths=group.paths)


def _draft(
    context: StepContext,
    group: FindingGroup,
    findings: Mapping[str, FindingData],
    deliverable: DeliverableData | None,
) -> WorkItemDraft:
    members = [findings[finding_id] for finding_id in group.finding_ids]
    tool = members[0].tool
    adapters = adapters_for(actor=context.actor, rules=group.rules, tool=tool) if group.fixable else ()
    decision = persona_route(
        persona_list(actor=context.actor),
        RoutingFacts(
            finding_types=tuple(f"{tool}:{rule}" for rule in group.rules),
            paths=group.paths,
            severities=(group.severity.value,),
        ),
    )
    return WorkItemDraft(
        key=group.key,
        title=group.title,
        rules=group.rules,
        paths=group.paths,
        finding_ids=group.finding_ids,
        tool=tool,
        deliverable_id=deliverable.id if deliverable else None,
        priority=group.severity.rank,
        persona=decision.persona,
        adapter=adapters[0].code if adapters else "",
        state=WorkItemState.PROPOSED if group.proposed and adapters else WorkItemState.BACKLOG,
        reason=group.reason,
    )


def prompts_make(context: StepContext) -> Next:
    """Generate the prompt of every proposed work item."""
    session_id = context.text("session_id")
    items = work_item_list(actor=context.actor, session_id=session_id, states=(WorkItemState.PROPOSED,))
    if session_get(actor=context.actor, session_id=session_id).state == "running":
        for item in items:
            prompt_for(actor=context.actor, item=item, lease=context.lease)
        session_complete(actor=context.actor, lease=context.lease, session_id=session_id)
    return Next("phases", {"prompts": len(items)}, summary=f"{len(items)} prompts")


def phases_judge(context: StepContext) -> Done:
    """Judge the phases by what is there now: nobody should have to guess what is missing."""
    session = session_get(actor=context.actor, session_id=context.text("session_id"))
    missing = phases_recompute(context, project_id=session.project_id)
    prompts = int(context.text("prompts"))
    return Done({"session_id": session.id, "work_items": prompts, "prompts": prompts, "missing": missing})


def analysis_failed(context: StepContext, failure: Mapping[str, JSON]) -> None:
    """Tell on the session that it failed."""
    session_fail(
        actor=context.actor,
        lease=context.lease,
        session_id=context.text("session_id"),
        reason=str(failure.get("error", "")),
    )


WORKFLOW = Workflow(
    kind="session.analyse",
    steps={"tools": tools_run, "group": findings_plan, "prompts": prompts_make, "phases": phases_judge},
    on_failure=analysis_failed,
)
