"""Requests for changes as every face shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.accounts.selectors import person_names
from countersign.workflow.asked import asked_before, askers
from countersign.workflow.contracts import AskedItemView, AskedView

if TYPE_CHECKING:
    from countersign.approvals.contracts import AskedItem
    from countersign.runs.contracts import RunData


def asked_item_views(items: tuple[AskedItem, ...]) -> tuple[AskedItemView, ...]:
    """Return what a decision asks for one by one."""
    return tuple(AskedItemView(item.path, item.line, item.text) for item in items)


def asked_views(run: RunData) -> tuple[AskedView, ...]:
    """Return what people had asked for on earlier attempts when a run began, with their names."""
    asked = asked_before(run)
    names = person_names(askers(asked))
    return tuple(
        AskedView(
            decision_id=each.decision_id,
            request_id=each.request_id,
            by_label=names.get(each.person_id, "unknown"),
            reason=each.reason,
            items=asked_item_views(each.items),
            decided_at=each.decided_at,
        )
        for each in asked
    )
