"""What can go wrong with accounts."""

from countersign.shared.errors import Conflict, DomainError, InvalidInput, NotFound, PermissionDenied


class EmailTaken(Conflict):
    """There is a user with this address already."""

    code = "email_taken"


class UserNotFound(NotFound):
    """There is no such user."""

    code = "user_not_found"


class PersonNotFound(NotFound):
    """There is no such person, or they were erased."""

    code = "person_not_found"


class ErasureRefused(Conflict):
    """This person can't be erased as things are; the message says what to do first."""

    code = "erasure_refused"


class RoleUnknown(NotFound):
    """There is no role with this code."""

    code = "role_unknown"


class RolesExclude(DomainError):
    """One person can't hold both of two roles."""

    code = "roles_exclude"
    status = 409


class CredentialRefused(DomainError):
    """A token or one-time login is unknown, used, expired or revoked; which of these is not told."""

    code = "credential_refused"
    status = 401


class PasskeysUnavailable(Conflict):
    """This installation has no host name that a passkey could belong to."""

    code = "passkeys_unavailable"


class PasskeyRefused(InvalidInput):
    """A passkey's answer does not hold."""

    code = "passkey_refused"


class DecidingCredentialNotFound(NotFound):
    """There is no such credential, or it is not for this actor."""

    code = "credential_not_found"


class DecidingCredentialState(Conflict):
    """The credential is not in the state that this needs, or is not the one that was looked at."""

    code = "credential_state"


class SecondPersonNeeded(PermissionDenied):
    """Enrolling a passkey that decides takes two people."""

    code = "second_person_needed"


class AbsenceInvalid(InvalidInput):
    """An absence begins in the past, ends before it begins, is endless, or meets another one."""

    code = "absence_invalid"


class AbsenceNotFound(NotFound):
    """There is no such absence."""

    code = "absence_not_found"


class AbsenceNotYours(PermissionDenied):
    """Who is away is said by the person, or by an administrator for them."""

    code = "absence_not_yours"


class AbsenceOver(Conflict):
    """The absence is over: nothing about it can be changed any more."""

    code = "absence_over"


class DelegateRefused(Conflict):
    """This person can't stand in; the message says why and what to do."""

    code = "delegate_refused"
