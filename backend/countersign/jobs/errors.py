"""What can go wrong with jobs."""

from countersign.shared.errors import Conflict, NotFound


class JobNotFound(NotFound):
    """There is no such job."""

    code = "job_not_found"


class LeaseLost(Conflict):
    """Another worker took over: what this one did since must not be recorded."""

    code = "lease_lost"


class IdempotencyConflict(Conflict):
    """The same Idempotency-Key came with another request."""

    code = "idempotency_conflict"
