"""What can go wrong in the audit log."""

from countersign.shared.errors import DomainError, InvalidInput, NotFound


class AuditEventTooLarge(DomainError):
    """An event carries more data than a log entry holds; large data goes in by digest."""

    code = "audit_event_too_large"
    status = 500


class CheckpointMissing(NotFound):
    """Nothing has been sequenced into a signed checkpoint yet."""

    code = "checkpoint_missing"


class PersonErased(NotFound):
    """The key of this person was destroyed: the name in the log can't be read any more."""

    code = "person_erased"


class LogDamaged(DomainError):
    """The tables of the log do not hold what was signed: somebody changed them past their triggers."""

    code = "log_damaged"
    status = 500


class MirrorDisagrees(DomainError):
    """The log and its copy in the object store are not one log: one of them was changed."""

    code = "log_mirror_disagrees"
    status = 500


class SearchInvalid(InvalidInput):
    """What is searched for can't be in the log."""

    code = "audit_search_invalid"
