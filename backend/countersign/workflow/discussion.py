"""Talking about a request before it is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.accounts.selectors import person_names
from countersign.approvals.comments import comment_add
from countersign.workflow.queries.comments import comment_view

if TYPE_CHECKING:
    from countersign.shared.actor import Actor
    from countersign.workflow.contracts import CommentView


def comment_submit(
    *, actor: Actor, request_id: str, text: str, path: str = "", line: int | None = None
) -> CommentView:
    """Comment on a request; return the comment as every face shows it.

    Raises:
        DomainError: as ``comment_add`` says.
    """
    added = comment_add(actor=actor, request_id=request_id, text=text, path=path, line=line)
    return comment_view(added, person_names([added.person_id]), request_id)
