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
    reminded_me: bool
    escalated_to: tuple[str, ...]
    escalated_to_me: bool


def told_of(actor: Actor, request_id: str) -> Told:
    """Return how far the time of a request is over, and which owners were told."""
    sent = reminders_sent(request_ids=[request_id]).get(request_id, ())
    reminders = [item for item in sent if item.person_id is None]
    owners = [told.person_id for item in sent if item.person_id is not None for told in item.told]
    names = person_names(owners)
    return Told(
        reminded=_REMINDED.get(reminders[-1].kind, "none") if reminders else "none",
        reminded_me=any(told.person_id == actor.person_id for item in reminders for told in item.told),
        escalated_to=tuple(names.get(owner, "unknown") for owner in owners),
        escalated_to_me=actor.person_id in owners,
    )
