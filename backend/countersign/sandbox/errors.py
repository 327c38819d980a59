"""What can go wrong between the platform and what it doesn't trust."""

from __future__ import annotations

from countersign.shared.errors import Conflict, DomainError, NotFound

# How many reasons fit a line.
_SAID = 3


class IsolationUnavailable(DomainError):
    """The isolation that was asked for can't start on this machine."""

    code = "isolation_unavailable"
    status = 503


class RepositoryInvalid(DomainError):
    """A repository, or an object in it, is not what the platform accepts."""

    code = "repository_invalid"
    status = 422


class RepositoryNotFound(NotFound):
    """There is no such repository, branch, commit or object."""

    code = "repository_not_found"


class RefMoved(Conflict):
    """A branch is not where the caller thought it was."""

    code = "ref_moved"


class CheckoutDirty(Conflict):
    """The branch is checked out and the checkout has changes of its own."""

    code = "checkout_dirty"


class ProposalRefused(DomainError):
    """A proposal holds something that no proposal may hold; ``reasons`` names each of it."""

    code = "proposal_refused"
    status = 422

    def __init__(self, reasons: tuple[str, ...]) -> None:
        """Keep the reasons, and say the first few of them."""
        more = f" (and {len(reasons) - _SAID} more)" if len(reasons) > _SAID else ""
        super().__init__(
            "the proposal is refused: " + "; ".join(reasons[:_SAID]) + more, reasons=list(reasons)
        )
        self.reasons = reasons


class SourceRejected(DomainError):
    """A source can't become a project; the message is one line that says why."""

    code = "source_rejected"
    status = 422
