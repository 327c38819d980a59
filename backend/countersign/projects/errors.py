"""What can go wrong with a project."""

from __future__ import annotations

from countersign.shared.errors import Conflict, InvalidInput, NotFound, StateConflict


class ProjectNotFound(NotFound):
    """There is no such project, or this actor may not see it."""

    code = "project_not_found"


class ProjectExists(Conflict):
    """The slug is taken."""

    code = "project_exists"


class ProjectInvalid(InvalidInput):
    """A slug, an isolation or a setting is not one that exists."""

    code = "project_invalid"


class ProjectStateConflict(StateConflict):
    """The project is not in a state from which this move is allowed."""

    code = "project_state_conflict"


class TrialFixed(Conflict):
    """Whether a project is a trial is chosen when it is registered, and for good."""

    code = "trial_fixed"
