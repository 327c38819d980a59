"""Reading projects."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db.models import Q

from countersign.projects.contracts import BaselineData, EnvironmentData, ProjectData
from countersign.projects.errors import ProjectNotFound
from countersign.projects.models import Project
from countersign.projects.settings import settings_with_defaults

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from countersign.shared.actor import Actor


def project_data(project: Project) -> ProjectData:
    """Return a row as other rooms see it."""
    environment, baseline = project.environment, project.baseline
    return ProjectData(
        id=str(project.id),
        slug=project.slug,
        name=project.name,
        source_path=project.source_path,
        repository_path=project.repository_path,
        default_branch=project.default_branch,
        head_commit=project.head_commit,
        state=project.state,  # type: ignore[arg-type]  # the database checks the values
        isolation=project.isolation,
        environment=(
            EnvironmentData(**{**environment, "requirements": tuple(environment["requirements"])})
            if environment
            else None
        ),
        baseline=BaselineData(**baseline) if baseline else None,
        settings=settings_with_defaults(project.settings),
        created_at=project.created_at,
        reason=project.reason,
    )


def _visible(actor: Actor) -> QuerySet[Project]:
    """Return the projects this actor may see: here, whoever is authenticated sees all of them."""
    return Project.objects.all() if actor.id else Project.objects.none()


def project_get(*, actor: Actor, project: str = "", project_id: str = "", slug: str = "") -> ProjectData:
    """Return one project.

    Args:
        actor: who asks.
        project: its id or its slug.
        project_id: its id.
        slug: its slug.

    Raises:
        ProjectNotFound: there is no such project, or the actor may not see it.
    """
    wanted = Q(slug=slug or project) if slug or project else Q(pk__in=[])
    if identifier := _as_id(project_id or project):
        wanted |= Q(pk=identifier)
    found = _visible(actor).filter(wanted).first()
    if found is None:
        named = project or project_id or slug
        message = f"there is no project {named!r}"
        raise ProjectNotFound(message, project=named)
    return project_data(found)


def _as_id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def project_list(*, actor: Actor) -> tuple[ProjectData, ...]:
    """Return all projects that the actor may see, oldest first."""
    return tuple(project_data(project) for project in _visible(actor))
