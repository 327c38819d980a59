"""What can go wrong with accounts."""

from countersign.shared.errors import Conflict, DomainError, NotFound


class EmailTaken(Conflict):
    """There is a user with this address already."""

    code = "email_taken"


class UserNotFound(NotFound):
    """There is no such user."""

    code = "user_not_found"


class RoleUnknown(NotFound):
    """There is no role with this code."""

    code = "role_unknown"


class CredentialRefused(DomainError):
    """A token or one-time login is unknown, used, expired or revoked; which of these is not told."""

    code = "credential_refused"
    status = 401
