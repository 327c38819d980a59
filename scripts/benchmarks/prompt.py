"""What one governed prompt costs, rules and safety checks and storing included."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from benchmarks.harness import Bar, Benchmark, Measurement
from benchmarks.project import flow_prepared, repository_make
from countersign.cli.demo.command import PLAN
from countersign.plans.contracts import WorkItemDraft
from countersign.plans.selectors import work_item_list
from countersign.plans.services import work_items_create
from countersign.shared.actor import service_actor
from countersign.workflow.prompting import prompt_for

if TYPE_CHECKING:
    from pathlib import Path

    from countersign.cli.state import PlatformState

PROMPTS = 50


def prompt_generation(state: PlatformState, directory: Path) -> Benchmark:
    """Time a prompt per finding: rules matched and embedded, safety checks, rollback, rendered, stored."""
    flow, _director = flow_prepared(
        state, repository_make(directory / "bench-prompts", modules=5), PLAN.read_text()
    )
    actor = service_actor("bench")
    project_id = str(flow.project()["id"])
    first = work_item_list(actor=actor, project_id=project_id, session_id=flow.progress.session_id)[0]
    counter = iter(range(1_000_000))

    def measure() -> Measurement:
        drafts = [
            WorkItemDraft(
                key=f"bench:{next(counter)}",
                title=first.title,
                rules=first.rules,
                paths=first.paths,
                finding_ids=first.finding_ids[:1],
                tool=first.tool,
                persona=first.persona,
                adapter=first.adapter,
            )
            for _ in range(PROMPTS)
        ]
        keys = {draft.key for draft in drafts}
        items = work_items_create(
            actor=actor, project_id=project_id, session_id=flow.progress.session_id, items=drafts
        )
        wanted = [item for item in items if item.key in keys]
        started = time.perf_counter()
        for item in wanted:
            prompt_for(actor=actor, item=item, lease=None)
        return Measurement((time.perf_counter() - started) / PROMPTS * 1000)

    # Seed 004 allows 30 s a prompt; that is the limit that must hold on any machine.
    return Benchmark("prompt.generate", "ms per finding", measure, Bar("value", "most", 30_000.0))
