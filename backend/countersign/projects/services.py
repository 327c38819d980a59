"""Changing projects; what touches files, processes or the network is in ``environment`` and ``test_run``."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models.functions import Now

from countersign.audit.services import record
from countersign.jobs.services import lease_check
from countersign.projects.errors import (
    ProjectExists,
    ProjectInvalid,
    ProjectNotFound,
    ProjectStateConflict,
    TrialFixed,
)
from countersign.projects.models import Isolation, Project, ProjectState
from countersign.projects.selectors import project_data
from countersign.projects.settings import (
    TRIAL_BRANCHES,
    settings_check,
    settings_whole,
    settings_with_defaults,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.jobs.contracts import Lease
    from countersign.projects.contracts import BaselineData, EnvironmentData, ProjectData
    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


@transaction.atomic(durable=True)
def project_create(
    *,
    actor: Actor,
    slug: str,
    name: str,
    source_path: str,
    repository_path: str,
    isolation: str,
    project_id: str = "",
    settings: Mapping[str, JSON] | None = None,
) -> ProjectData:
    """Register a repository; its objects, environment and baseline are recorded as they come.

    Args:
        actor: who registers it.
        slug: small letters, digits and dashes; unique.
        name: for people.
        source_path: of the registered repository.
        repository_path: of the platform's own bare repository.
        isolation: a value of ``IsolationKind``.
        project_id: chosen by the caller when a path depends on it.
        settings: see ``countersign.projects.settings``; what is left out has its default.

    Raises:
        ProjectInvalid: a value is not one that exists.
        ProjectExists: the slug is taken.
    """
    chosen = settings_with_defaults(settings or {})
    _check_values(slug, isolation, chosen)
    if Project.objects.filter(slug=slug).exists():
        message = f"the name {slug!r} is taken; choose another one"
        raise ProjectExists(message, slug=slug)
    project = Project.objects.create(
        id=uuid.UUID(project_id) if project_id else uuid.uuid4(),
        slug=slug,
        name=name,
        source_path=source_path,
        repository_path=repository_path,
        isolation=isolation,
        settings=chosen,
    )
    record(
        actor=actor,
        type="project.created",
        subject=("project", str(project.id)),
        data={"slug": slug, "isolation": isolation, "settings": chosen},
    )
    if chosen["trial"]:
        record(
            actor=actor,
            type="trial.begun",
            subject=("project", str(project.id)),
            data={"project": slug, "branches": TRIAL_BRANCHES},
        )
    project.refresh_from_db()
    return project_data(project)


def _check_values(slug: str, isolation: str, settings: Mapping[str, JSON]) -> None:
    if not _SLUG.fullmatch(slug):
        message = f"not a slug (small letters, digits and dashes): {slug!r}"
        raise ProjectInvalid(message, slug=slug)
    if isolation not in Isolation.values:
        message = f"isolation is one of {', '.join(Isolation.values)}, not {isolation!r}"
        raise ProjectInvalid(message, isolation=isolation)
    settings_check(settings)


@transaction.atomic(durable=True)
def project_settings_change(*, actor: Actor, project_id: str, settings: Mapping[str, JSON]) -> ProjectData:
    """Change some settings of a project; what is not named stays as it is.

    Args:
        actor: who changes them.
        project_id: of the project.
        settings: see ``countersign.projects.settings``.

    Raises:
        ProjectInvalid: a setting or a value does not exist.
        ProjectNotFound: there is no such project.
        TrialFixed: a trial would become a normal project, or a normal one a trial.
    """
    settings_check(settings)
    settings = settings_whole(settings)
    project = Project.objects.select_for_update().filter(pk=project_id).first()
    if project is None:
        message = f"there is no project {project_id!r}"
        raise ProjectNotFound(message, project=project_id)
    before = settings_with_defaults(project.settings)
    after = {**before, **settings}
    _trial_fixed(before, after)
    if after != before:
        Project.objects.filter(pk=project_id).update(settings=after, updated_at=Now())
        changed = sorted(key for key in after if after[key] != before[key])
        record(
            actor=actor,
            type="project.settings_changed",
            subject=("project", project_id),
            data={
                "before": {key: before[key] for key in changed},
                "after": {key: after[key] for key in changed},
            },
        )
    project.refresh_from_db()
    return project_data(project)


def _trial_fixed(before: Mapping[str, JSON], after: Mapping[str, JSON]) -> None:
    """Refuse to make a trial a normal project: what one person approved alone would come along."""
    if before["trial"] != after["trial"]:
        message = (
            "whether a project is a trial is chosen when it is registered, and for good: "
            "register the repository once more under another name"
        )
        raise TrialFixed(message, setting="trial")


def _move(project_id: str, expected: tuple[str, ...], **changes: object) -> None:
    moved = Project.objects.filter(pk=project_id, state__in=expected).update(updated_at=Now(), **changes)
    if moved:
        return
    state = Project.objects.filter(pk=project_id).values_list("state", flat=True).first()
    if state is None:
        message = f"there is no project {project_id!r}"
        raise ProjectNotFound(message, project=project_id)
    message = f"the project is '{state}', not {' or '.join(expected)}"
    raise ProjectStateConflict(message, project=project_id, state=state)


@transaction.atomic(durable=True)
def project_imported(*, actor: Actor, lease: Lease, project_id: str, branch: str, commit: str) -> None:
    """Record that the registered repository's objects are in.

    Raises:
        LeaseLost: another worker holds the job now.
        ProjectInvalid: the commit is no object id, or a trial would work on a branch of the others.
        ProjectNotFound: there is no such project.
        ProjectStateConflict: it is not being registered.
    """
    lease_check(lease)
    _check_commit(commit)
    if not branch.startswith(TRIAL_BRANCHES) and Project.objects.filter(pk=project_id, settings__trial=True):
        message = f"a trial works on a branch under {TRIAL_BRANCHES}, not on {branch!r}"
        raise ProjectInvalid(message, branch=branch)
    _move(project_id, (ProjectState.REGISTERING,), default_branch=branch, head_commit=commit)
    record(
        actor=actor,
        type="project.imported",
        subject=("project", project_id),
        data={"branch": branch, "commit": commit},
    )


def _check_commit(commit: str) -> None:
    if not _COMMIT.fullmatch(commit):
        message = f"not a commit: {commit!r}"
        raise ProjectInvalid(message, commit=commit)


@transaction.atomic(durable=True)
def environment_record(*, actor: Actor, lease: Lease, project_id: str, environment: EnvironmentData) -> None:
    """Record the prepared environment; one that failed is recorded as such, the baseline will be unknown.

    Raises:
        LeaseLost: another worker holds the job now.
        ProjectNotFound: there is no such project.
        ProjectStateConflict: its registration has failed.
    """
    lease_check(lease)
    _move(project_id, (ProjectState.REGISTERING, ProjectState.READY), environment=environment.dump())
    record(
        actor=actor,
        type="project.environment_recorded",
        subject=("project", project_id),
        data={
            "status": environment.status,
            "digest": environment.digest,
            "python_version": environment.python_version,
            "packages": len(environment.requirements),
        },
    )


@transaction.atomic(durable=True)
def baseline_record(*, actor: Actor, lease: Lease, project_id: str, baseline: BaselineData) -> None:
    """Record how the project's own tests did; the project is ready with that, whatever the outcome.

    Raises:
        LeaseLost: another worker holds the job now.
        ProjectNotFound: there is no such project.
        ProjectStateConflict: its registration has failed.
    """
    lease_check(lease)
    states = (ProjectState.REGISTERING, ProjectState.READY)
    _move(project_id, states, baseline=baseline.dump(), state=ProjectState.READY, reason="")
    outcomes = list(baseline.tests.values())
    record(
        actor=actor,
        type="project.baseline_recorded",
        subject=("project", project_id),
        data={
            "status": baseline.status,
            "commit": baseline.commit,
            **{name: outcomes.count(name) for name in ("passed", "failed", "skipped", "error")},
        },
    )


@transaction.atomic(durable=True)
def project_head_move(*, actor: Actor, project_id: str, old: str, new: str) -> None:
    """Move the recorded head of the default branch from ``old`` to ``new``.

    Raises:
        ProjectInvalid: ``new`` is no object id.
        ProjectNotFound: there is no such project.
        ProjectStateConflict: the head is not at ``old``.
    """
    _check_commit(new)
    moved = Project.objects.filter(pk=project_id, head_commit=old).update(head_commit=new, updated_at=Now())
    if not moved:
        if not Project.objects.filter(pk=project_id).exists():
            message = f"there is no project {project_id!r}"
            raise ProjectNotFound(message, project=project_id)
        message = f"the project's head is not at {old} any more"
        raise ProjectStateConflict(message, project=project_id)
    record(
        actor=actor,
        type="project.head_moved",
        subject=("project", project_id),
        data={"old": old, "new": new},
    )


@transaction.atomic(durable=True)
def project_fail(*, actor: Actor, project_id: str, reason: str) -> None:
    """Record that the registration can't go on.

    Raises:
        ProjectNotFound: there is no such project.
        ProjectStateConflict: it is not being registered.
    """
    _move(project_id, (ProjectState.REGISTERING,), state=ProjectState.FAILED, reason=reason[:2000])
    record(actor=actor, type="project.failed", subject=("project", project_id), data={"reason": reason[:500]})
