"""What can go wrong with gates and their results."""

from countersign.shared.errors import Conflict, InvalidInput


class GateResultConflict(Conflict):
    """A gate has already answered for this attempt, and differently."""

    code = "gate_result_conflict"


class GateUnknown(InvalidInput):
    """There is no gate of this name."""

    code = "gate_unknown"
