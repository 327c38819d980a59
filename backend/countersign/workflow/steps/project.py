"""Registering a project: its objects, its environment, its baseline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from countersign.projects.environment import environment_build
from countersign.projects.selectors import project_get
from countersign.projects.services import (
    baseline_record,
    environment_record,
    project_fail,
    project_imported,
)
from countersign.projects.test_run import baseline_run
from countersign.sandbox.exchange import repository_import
from countersign.sandbox.isolation import IsolationKind
from countersign.sandbox.repository import Repository
from countersign.workflow.outcomes import Done, Next, StepContext, Workflow
from countersign.workflow.places import environment_cache, workspace
from countersign.workflow.trial import trial_branch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.shared.types import JSON


def objects_import(context: StepContext) -> Next:
    """Bring the registered repository's objects in, checked, through the sandbox."""
    project = project_get(actor=context.actor, project_id=context.text("project_id"))
    repository = Repository.create(Path(project.repository_path))
    head = repository_import(
        repository, Path(project.source_path), None, isolation=IsolationKind(project.isolation)
    )
    if project.trial:
        head = repository_import(
            repository,
            Path(project.source_path),
            trial_branch(head.branch),
            isolation=IsolationKind(project.isolation),
            start=head.commit,
        )
    project_imported(
        actor=context.actor,
        lease=context.lease,
        project_id=project.id,
        branch=head.branch,
        commit=head.commit,
    )
    return Next("environment", summary=f"imported {head.branch} at {head.commit[:12]}")


def environment_prepare(context: StepContext) -> Next:
    """Prepare the project's environment in the one sandboxed step that may reach the package index."""
    project = project_get(actor=context.actor, project_id=context.text("project_id"))
    with workspace("environment") as directory:
        tree = directory / "tree"
        Repository(Path(project.repository_path)).archive(project.head_commit, tree)
        built = environment_build(tree, environment_cache(), isolation=IsolationKind(project.isolation))
    environment_record(actor=context.actor, lease=context.lease, project_id=project.id, environment=built)
    return Next("baseline", summary=f"environment {built.status}: {len(built.requirements)} packages")


def baseline_take(context: StepContext) -> Done:
    """Run the project's own tests on what was registered: what fails here is nobody's fault later."""
    project = project_get(actor=context.actor, project_id=context.text("project_id"))
    with workspace("baseline") as directory:
        tree = directory / "tree"
        Repository(Path(project.repository_path)).archive(project.head_commit, tree)
        baseline = baseline_run(
            tree,
            project.environment,
            commit=project.head_commit,
            isolation=IsolationKind(project.isolation),
        )
    baseline_record(actor=context.actor, lease=context.lease, project_id=project.id, baseline=baseline)
    return Done({"project": project.slug, "project_id": project.id, "baseline": baseline.status})


def registration_failed(context: StepContext, failure: Mapping[str, JSON]) -> None:
    """Tell on the project that it could not be registered."""
    project_fail(
        actor=context.actor, project_id=context.text("project_id"), reason=str(failure.get("error", ""))
    )


WORKFLOW = Workflow(
    kind="project.register",
    steps={
        "import": objects_import,
        "environment": environment_prepare,
        "baseline": baseline_take,
    },
    on_failure=registration_failed,
)
