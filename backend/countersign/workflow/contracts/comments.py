"""Comments as every face shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class CommentView:
    """What somebody said about a request.

    Attributes:
        revision: the version of the change that it was said about, counted from 1.
        earlier: it was said about another version than the one that is looked at.
    """

    id: str
    request_id: str
    revision: int
    earlier: bool
    by_label: str
    text: str
    path: str
    line: int | None
    unattended: bool
    created_at: datetime
