"""The prompt of a work item: what it is about, the rules that match it, the way back."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from countersign.findings.selectors import findings_by_ids
from countersign.governance.contracts import MatchFacts
from countersign.governance.facts import languages_of
from countersign.governance.forms import rule_dump
from countersign.governance.matching import rules_match
from countersign.governance.services import ruleset_freeze
from countersign.plans.selectors import plan_current
from countersign.projects.selectors import project_get
from countersign.prompts.contracts import RoutingFacts
from countersign.prompts.routing import persona_route
from countersign.prompts.selectors import persona_list
from countersign.prompts.services import prompt_generate
from countersign.workflow.asked import asked_json
from countersign.workflow.assessment import GATES
from countersign.workflow.inputs import input_json
from countersign.workflow.naming import branch_name, merge_tag, slugify

if TYPE_CHECKING:
    from countersign.approvals.contracts import AskedChanges
    from countersign.jobs.contracts import Lease
    from countersign.plans.contracts import InputData, WorkItemData
    from countersign.prompts.contracts import PromptData
    from countersign.shared.actor import Actor


def prompt_for(
    *,
    actor: Actor,
    item: WorkItemData,
    lease: Lease | None,
    asked: tuple[AskedChanges, ...] = (),
    inputs: tuple[InputData, ...] = (),
) -> PromptData:
    """Render the prompt of a work item by the rules in force now; the same content is the same prompt.

    ``asked`` is what people asked for on earlier attempts, ``inputs`` what its plan asks for
    and was given; both go in as data.

    Raises:
        DomainError: as ``prompt_generate`` says.
    """
    project = project_get(actor=actor, project_id=item.project_id)
    ruleset = ruleset_freeze(actor=actor)
    facts = MatchFacts(
        languages=languages_of(item.paths),
        paths=item.paths,
        finding_types=tuple(f"{item.tool}:{rule}" for rule in item.rules),
        personas=(item.persona,),
        phases=(item.phase_code,) if item.phase_code else (),
    )
    findings = findings_by_ids(actor=actor, finding_ids=item.finding_ids)
    routed = persona_route(
        persona_list(actor=actor),
        RoutingFacts(
            finding_types=facts.finding_types,
            paths=item.paths,
            severities=tuple({finding.severity.value for finding in findings}),
        ),
    )
    slug = slugify(item.title)
    return prompt_generate(
        actor=actor,
        lease=lease,
        project_id=item.project_id,
        work_item=_work_item(actor, item),
        findings=tuple(asdict(finding) for finding in findings),
        rules=tuple(rule_dump(rule) for rule in rules_match(ruleset, facts)),
        ruleset_digest=ruleset.digest,
        gates=GATES,
        persona=item.persona,
        asked=tuple(asked_json(each) for each in asked),
        inputs=tuple(input_json(each) for each in inputs),
        routing_reasons=routed.reasons if routed.persona == item.persona else (),
        rollback={
            "base_commit": project.head_commit,
            "branch": branch_name(item.phase_code, slug),
            "default_branch": project.default_branch,
            "tag": merge_tag(item.phase_code, slug, item.id),
            "paths": list(item.paths),
        },
    )


def _work_item(actor: Actor, item: WorkItemData) -> dict[str, object]:
    described: dict[str, object] = {
        "id": item.id,
        "key": item.key,
        "title": item.title,
        "kind": item.kind.value,
        "reason": item.reason,
        "paths": list(item.paths),
        "rules": list(item.rules),
        "priority": item.priority,
    }
    plan = plan_current(actor=actor, project_id=item.project_id)
    for phase in plan.phases if plan else ():
        for deliverable in phase.deliverables:
            if deliverable.id == item.deliverable_id:
                described["phase"] = phase.code
                described["deliverable"] = deliverable.title
                described["acceptance"] = [criterion.text for criterion in deliverable.criteria]
    return described
