"""Parts that several reads share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.projects.selectors import project_get
from countersign.workflow.contracts import ProjectRef

if TYPE_CHECKING:
    from countersign.projects.contracts import ProjectData
    from countersign.shared.actor import Actor


def project_ref(project: ProjectData) -> ProjectRef:
    """Return a project as others name it."""
    return ProjectRef(id=project.id, slug=project.slug, name=project.name)


def project_id_of(actor: Actor, project: str) -> str:
    """Return the id of a project named by slug or id; an empty name is no filter.

    Raises:
        ProjectNotFound: there is none, or not for this actor.
    """
    return project_get(actor=actor, project=project).id if project else ""
