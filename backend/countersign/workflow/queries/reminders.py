"""What people were told about requests that wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from countersign.accounts.selectors import person_names
from countersign.approvals.deadlines import reminders_sent

if TYPE_CHECKING:
    from countersign.shared.actor import Actor


_REMINDED: dict[str, Literal["half", "four_fifths"]] = {"half": "half", "four_fifths": "four_fifths"}


@dataclass(frozen=True, slots=True)
class Told:
    """Who was told about a request."""

    reminded: Literal["none", "half", "four_fifths"]
    escalated_to: tuple[str, ...]
    escalated_to_me: bool


def told_of(actor: Actor, request_id: str) -> Told:
    """Return how far the time of a request is over, and which owners were told."""
    sent = reminders_sent(request_ids=[request_id]).get(request_id, ())
    reminders = [item.kind for item in sent if item.person_id is None]
    owners = [item.person_id for item in sent if item.person_id is not None]
    names = person_names(owners)
    return Told(
        reminded=_REMINDED.get(reminders[-1], "none") if reminders else "none",
        escalated_to=tuple(names.get(owner, "unknown") for owner in owners),
        escalated_to_me=actor.person_id in owners,
    )
