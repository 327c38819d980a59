"""Comments with the names of those who made them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.accounts.selectors import person_names
from countersign.approvals.comments import comment_list
from countersign.shared.paging import sequence_page
from countersign.workflow.contracts import CommentView

if TYPE_CHECKING:
    from countersign.approvals.comments import CommentData
    from countersign.shared.actor import Actor
    from countersign.shared.paging import Page


def comment_page(*, actor: Actor, request_id: str, after: str = "", limit: int = 50) -> Page[CommentView]:
    """Return the comments on a request and its earlier versions, oldest first.

    Raises:
        PermissionDenied: the actor may not read requests.
        RequestNotFound: there is no such request.
    """
    comments = comment_list(actor=actor, request_id=request_id)
    names = person_names({item.person_id for item in comments})
    views = tuple(comment_view(item, names, request_id) for item in comments)
    return sequence_page(views, after=after, limit=limit)


def comment_view(comment: CommentData, names: dict[str, str], request_id: str) -> CommentView:
    """Return a comment as every face shows it, on the page of ``request_id``."""
    return CommentView(
        id=comment.id,
        request_id=comment.request_id,
        revision=comment.revision,
        earlier=comment.request_id != request_id,
        by_label=names.get(comment.person_id, "unknown"),
        text=comment.text,
        path=comment.path,
        line=comment.line,
        unattended=comment.unattended,
        created_at=comment.created_at,
    )
