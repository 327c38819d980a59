"""What a person asks for instead of approving: a reason, and items that an agent can work through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.approvals.comments import place_check, text_check
from countersign.approvals.contracts import AskedChanges
from countersign.approvals.errors import AskedItemsInvalid
from countersign.approvals.models import Decision
from countersign.approvals.selectors import asked_items
from countersign_verify.canonical import canonical_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from countersign.approvals.contracts import AskedItem, Verdict

MAX_ITEMS = 50


def items_check(verdict: Verdict, items: Sequence[AskedItem]) -> None:
    """Refuse items where nothing is asked for, too many of them, and such as name no place in a change.

    Raises:
        AskedItemsInvalid: only changes can be asked for, at most 50 at once.
        CommentInvalid: an item has no text, too much of it, or a place that can't be in a change.
    """
    if items and verdict != "request_changes":
        message = "items belong to a request for changes; say anything else in the reason"
        raise AskedItemsInvalid(message, field="items")
    if len(items) > MAX_ITEMS:
        message = f"at most {MAX_ITEMS} items can be asked for at once"
        raise AskedItemsInvalid(message, field="items")
    for item in items:
        text_check(item.text)
        place_check(item.path, item.line)


def words_signed(reason: str, items: Sequence[AskedItem]) -> str:
    """Return the words whose digest is signed: the reason, or with items the canonical JSON of both."""
    if not items:
        return reason
    return canonical_bytes({"reason": reason, "items": [item.as_json() for item in items]}).decode()


def changes_asked(*, subject_ids: Iterable[str]) -> tuple[AskedChanges, ...]:
    """Return what was asked for on these changes, the oldest first, for those who make the next attempt."""
    rows = Decision.objects.filter(
        verdict="request_changes", request__subject_kind="change", request__subject_id__in=list(subject_ids)
    ).order_by("decided_at", "id")
    return tuple(
        AskedChanges(
            decision_id=str(row.id),
            request_id=str(row.request_id),
            person_id=str(row.person_id),
            statement_digest=row.statement_digest,
            reason=row.reason,
            items=asked_items(row),
            decided_at=row.decided_at,
        )
        for row in rows.select_related("request")
    )
