"""What can go wrong in the plans room."""

from countersign.shared.errors import DomainError


class PlanInvalid(DomainError):
    """The plan text was not understood; `problems` lists each place by line and column."""

    code = "plan_invalid"
    status = 400


class PlanMoved(DomainError):
    """Another version of the plan was imported since the one that an import was based on."""

    code = "plan_moved"
    status = 409


class PhaseBlocked(DomainError):
    """Work of a phase was to start although a phase it depends on is incomplete."""

    code = "phase_blocked"
    status = 409


class SignoffRefused(DomainError):
    """A phase was to be signed off that is not waiting for it, or over another proof."""

    code = "signoff_refused"
    status = 409


class WorkItemStateConflict(DomainError):
    """A work item was not in the state that the move expected."""

    code = "work_item_state_conflict"
    status = 409


class ProjectStateConflict(DomainError):
    """A run already has another project state entry."""

    code = "project_state_conflict"
    status = 409


class InputMissing(DomainError):
    """Work was to start that needs inputs nobody has answered; `missing` names them."""

    code = "input_missing"
    status = 409


class InputRefused(DomainError):
    """An answer to an input can't be kept; `field` says what of it, and the message why."""

    code = "input_refused"
    status = 400


class InputsMoved(DomainError):
    """Inputs of a run were answered anew while it began; it can be started again."""

    code = "inputs_moved"
    status = 409


class PlanOutdated(DomainError):
    """An input of a plan version was to be answered that another one has replaced."""

    code = "plan_outdated"
    status = 409
