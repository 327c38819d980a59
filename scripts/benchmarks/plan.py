"""What importing a large plan costs: read from Markdown, compared with the version before, and saved."""

from __future__ import annotations

import time
from itertools import count

from benchmarks.harness import Bar, Benchmark, Measurement
from countersign.plans.selectors import plan_preview
from countersign.plans.services import plan_import
from countersign.projects.services import project_create
from countersign.shared.actor import service_actor

PHASES = 10
DELIVERABLES = 50


def plan_text(version: int) -> str:
    """Write a plan of 500 deliverables with specifications, gates and files; each version differs."""
    rows = "".join(f"| **P{n}** | Phase {n} | 2 weeks | Specified | {_before(n)} |\n" for n in range(PHASES))
    sections = "".join(_phase(number, version) for number in range(PHASES))
    return (
        "# A large plan\n\n**Code**: LARGE\n\n## Phase Overview\n\n"
        "| Phase | Name | Duration | Status | Dependency |\n|---|---|---|---|---|\n"
        f"{rows}\n{sections}"
        "## Cross-Phase Quality Standards\n\n1. **Test Coverage ≥90%** — enforced by CI\n2. Documentation\n"
    )


def _before(number: int) -> str:
    return f"P{number - 1}" if number else "None"


def _phase(number: int, version: int) -> str:
    deliverables = range(1, DELIVERABLES + 1)
    rows = "".join(
        f"| P{number}.{n} | Deliverable {n} | It does {n} things in version {version} |\n"
        for n in deliverables
    )
    topics = "".join(
        f"**P{number}.{n}: Topic**\n- Create: `src/p{number}/part_{n}.py`\n- Limit: {n} requests\n\n"
        for n in deliverables
    )
    return (
        f"## Phase P{number}: Phase {number}\n\n**Owner**: Team {number}\n**Duration**: 2 weeks\n\n"
        "### Deliverables\n\n| ID | Deliverable | Acceptance Criteria |\n|---|---|---|\n"
        f"{rows}\n### Technical Specifications\n\n{topics}"
        "### Quality Gates\n- [ ] All tests pass\n- [ ] ≥90% coverage on new code\n\n"
    )


def plan_imported() -> Benchmark:
    """Time looking at a new version of 500 deliverables, and importing it."""
    actor = service_actor("bench")
    project = project_create(
        actor=actor,
        slug="bench-plan",
        name="Bench plan",
        source_path="/nonexistent/bench-plan",
        repository_path="/nonexistent/bench-plan.git",
        isolation="bubblewrap",
    )
    versions = count(1)
    plan_import(actor=actor, project_id=project.id, text=plan_text(next(versions)), format="markdown")

    def measure() -> Measurement:
        text = plan_text(next(versions))
        started = time.perf_counter()
        preview = plan_preview(actor=actor, project_id=project.id, text=text, format="markdown")
        plan = plan_import(
            actor=actor, project_id=project.id, text=text, format="markdown", based_on=preview.based_on
        )
        took = time.perf_counter() - started
        imported = sum(len(phase.deliverables) for phase in plan.phases)
        if imported != PHASES * DELIVERABLES or preview.difference is None:
            message = f"{imported} deliverables were imported, not {PHASES * DELIVERABLES}"
            raise RuntimeError(message)
        return Measurement(took)

    return Benchmark("plan.import", "s", measure, Bar("value", "most", 3.0))
