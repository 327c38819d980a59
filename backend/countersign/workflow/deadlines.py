"""How long people of a project have to decide, from its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.accounts.selectors import user_by_email
from countersign.approvals.deadlines import DecisionTime
from countersign.projects.errors import ProjectInvalid
from countersign.projects.settings import settings_with_defaults
from countersign.shared.working_time import calendar_read

if TYPE_CHECKING:
    from countersign.projects.contracts import ProjectData
    from countersign.shared.types import JSON


def owners_read(addresses: JSON) -> list[JSON]:
    """Return the persons behind the addresses of owners, in order.

    Raises:
        ProjectInvalid: no list of addresses.
        UserNotFound: nobody has one of them.
    """
    if not isinstance(addresses, list) or not all(isinstance(address, str) for address in addresses):
        message = "the owners whom escalations tell are a list of addresses"
        raise ProjectInvalid(message, setting="escalation")
    return [user_by_email(str(address)).person_id for address in addresses]


def decision_time(project: ProjectData) -> DecisionTime:
    """Return the term, the calendar and the owners who are told when nobody decides."""
    settings = settings_with_defaults(project.settings)
    owners = settings["escalation"]
    return DecisionTime(
        hours=int(str(settings["decide_within_hours"])),
        calendar=calendar_read(settings["calendar"]),
        owners=tuple(str(owner) for owner in owners) if isinstance(owners, list) else (),
    )
