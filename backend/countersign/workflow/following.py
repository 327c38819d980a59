"""Following the registered repository: somebody may push to it outside the platform."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from countersign.projects.selectors import project_get
from countersign.projects.services import project_head_move
from countersign.sandbox.errors import RepositoryInvalid, RepositoryNotFound
from countersign.sandbox.exchange import repository_import, repository_look
from countersign.sandbox.isolation import IsolationKind
from countersign.shared.errors import Unavailable
from countersign.workflow.change import repository_of
from countersign.workflow.executor import EXECUTOR

if TYPE_CHECKING:
    from countersign.projects.contracts import ProjectData
    from countersign.sandbox.contracts import ImportedHead


class SourceUnreadable(Unavailable):
    """The registered repository is not where it was, or Git can't read it."""

    code = "source_unreadable"


def head_import(project: ProjectData) -> ImportedHead:
    """Bring in what stands on the registered branch now.

    Raises:
        SourceUnreadable: the registered repository can't be read.
    """
    try:
        return repository_import(
            repository_of(project),
            Path(project.source_path),
            project.default_branch,
            isolation=IsolationKind(project.isolation),
            # The branch of a trial is made by its first merge.
            start=project.head_commit if project.trial else "",
        )
    except (RepositoryInvalid, RepositoryNotFound) as error:
        message = f"the registered repository can't be read: {error.message}"
        raise SourceUnreadable(message, project=project.slug) from error


def head_moved(project: ProjectData) -> bool:
    """Say whether the registered branch stands elsewhere than the platform knows; reads nothing else.

    Raises:
        SourceUnreadable: the registered repository can't be read.
    """
    try:
        commit = repository_look(
            Path(project.source_path), project.default_branch, isolation=IsolationKind(project.isolation)
        )
    except (RepositoryInvalid, OSError) as error:
        message = f"the registered repository can't be read: {error}"
        raise SourceUnreadable(message, project=project.slug) from error
    # The branch of a trial is made by its first merge.
    return commit != project.head_commit and not (project.trial and not commit)


def head_follow(project: ProjectData) -> ProjectData:
    """Follow the registered repository when somebody pushed to it outside the platform.

    Raises:
        SourceUnreadable: the registered repository can't be read.
    """
    if repository_of(project).head(project.default_branch) == project.head_commit and not head_moved(project):
        return project
    head = head_import(project)
    if head.commit != project.head_commit:
        project_head_move(actor=EXECUTOR, project_id=project.id, old=project.head_commit, new=head.commit)
    return project_get(actor=EXECUTOR, project_id=project.id)
