"""One error type for the whole domain: a code, a status and data, mapped once to RFC 9457."""

from __future__ import annotations

from typing import ClassVar


class DomainError(Exception):
    """Something that a caller can understand and mend.

    Attributes:
        code: a stable, machine-readable code (``snake_case``).
        status: the HTTP status that the API answers with.
        message: what went wrong and how to mend it, for people.
        data: machine-readable details, JSON-serialisable.
    """

    code: ClassVar[str] = "domain_error"
    status: ClassVar[int] = 400

    def __init__(self, message: str, **data: object) -> None:
        """Keep the message and its data."""
        super().__init__(message)
        self.message = message
        self.data = data


class InvalidInput(DomainError):
    """The input can't be understood or breaks a rule of its form."""

    code = "invalid_input"
    status = 400


class PermissionDenied(DomainError):
    """The actor may not do this."""

    code = "permission_denied"
    status = 403


class NotFound(DomainError):
    """There is no such thing, or this actor may not see it."""

    code = "not_found"
    status = 404


class Conflict(DomainError):
    """The request contradicts what is already there."""

    code = "conflict"
    status = 409


class StateConflict(Conflict):
    """The thing is not in a state from which this move is allowed."""

    code = "state_conflict"


class NoTransaction(DomainError):
    """A helper that joins the caller's transaction was called outside one."""

    code = "no_transaction"
    status = 500


class Unavailable(DomainError):
    """A part that is needed does not answer."""

    code = "unavailable"
    status = 503
