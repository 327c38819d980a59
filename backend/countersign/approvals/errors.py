"""What can go wrong with decisions."""

from countersign.shared.errors import Conflict, InvalidInput, NotFound, PermissionDenied


class RequestNotFound(NotFound):
    """There is no such request, or this actor may not see it."""

    code = "request_not_found"


class RequestNotPending(Conflict):
    """The request is decided, void or withdrawn."""

    code = "request_not_pending"


class RequestExpired(Conflict):
    """The request expired: it is not approved."""

    code = "request_expired"


class DigestMismatch(Conflict):
    """The decision names another digest than the request: what was looked at is not what waits."""

    code = "digest_mismatch"


class ApproverExcluded(PermissionDenied):
    """The person took part in the change, or has decided already."""

    code = "approver_excluded"


class RoleMissing(PermissionDenied):
    """The person holds none of the roles that this request waits for."""

    code = "role_missing"


class ApprovalBlocked(Conflict):
    """The policy lets nobody approve this as it is."""

    code = "approval_blocked"


class ReasonRequired(InvalidInput):
    """A decision needs a reason."""

    code = "reason_required"


class UnattendedRefused(PermissionDenied):
    """Unattended decisions exist only in an installation that the demo created."""

    code = "unattended_refused"


class CommentInvalid(InvalidInput):
    """A comment is empty or too long, or names a place that can't be in a change."""

    code = "comment_invalid"


class AskedItemsInvalid(InvalidInput):
    """Items of a request for changes are too many, or stand in a decision that asks for none."""

    code = "asked_items_invalid"


class RequestSuperseded(Conflict):
    """Another request has taken the place of this one; what is said belongs there."""

    code = "request_superseded"


class PasskeyRequired(Conflict):
    """The policy asks for the approver's own passkey: prepare the decision first, then sign it."""

    code = "passkey_required"


class PasskeyMissing(Conflict):
    """The person has no passkey that may decide here."""

    code = "passkey_missing"


class PreparationGone(Conflict):
    """There is no such prepared decision of this person, or it was used or took too long."""

    code = "preparation_gone"


class DecisionMoved(Conflict):
    """What was prepared is not what would be signed now."""

    code = "decision_moved"


class AssertionRefused(InvalidInput):
    """The answer of the passkey does not hold."""

    code = "assertion_refused"


class BreakGlassNotFound(NotFound):
    """There is no such break-glass window."""

    code = "break_glass_not_found"


class BreakGlassInvalid(InvalidInput):
    """Break-glass without a reason, or for more than an hour."""

    code = "break_glass_invalid"


class BreakGlassPersons(PermissionDenied):
    """Break-glass takes two people, and a third one reviews it."""

    code = "break_glass_persons"


class BreakGlassOver(Conflict):
    """The window is not in the state that this needs: not open, not over, or reviewed already."""

    code = "break_glass_over"


class BreakGlassPending(Conflict):
    """No signed checkpoint covers the opening of the window yet."""

    code = "break_glass_pending"


class BreakGlassUnreviewed(Conflict):
    """An earlier window was not reviewed in time; nothing opens before that."""

    code = "break_glass_unreviewed"
