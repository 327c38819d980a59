"""What can go wrong with runs."""

from countersign.shared.errors import Conflict, DomainError, NotFound, StateConflict


class RunNotFound(NotFound):
    """There is no such run, or this actor may not see it."""

    code = "run_not_found"


class RunStateConflict(StateConflict):
    """The run is not in a state from which this move is allowed."""

    code = "run_state_conflict"


class MergeSlotTaken(Conflict):
    """Another change of this project is being merged; changes are merged one after the other."""

    code = "merge_slot_taken"


class SlotReserved(MergeSlotTaken):
    """The next merge slot of this project is kept for another change, until a moment that everybody sees."""

    code = "slot_reserved"


class ReservationRefused(Conflict):
    """The next merge slot can't be kept for this change, or not now."""

    code = "reservation_refused"


class ReservationNotFound(NotFound):
    """The next merge slot of this project is not kept for anybody."""

    code = "reservation_not_found"


class SealTurnTaken(Conflict):
    """A change of the same session to the same files is being sealed; they are scored together."""

    code = "seal_turn_taken"


class ProposalEmpty(DomainError):
    """The agent proposed no change."""

    code = "proposal_empty"
    status = 422


class MergeIntentConflict(Conflict):
    """An intent to merge other commits for this run is recorded already."""

    code = "merge_intent_conflict"
