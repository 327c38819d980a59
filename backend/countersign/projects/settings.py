"""What can be set for a project, and which values exist."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from countersign.projects.errors import ProjectInvalid
from countersign.shared.clock import now
from countersign.shared.working_time import WorkingCalendar, calendar_read, working_add
from countersign_verify import vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.shared.types import JSON

BASE_MOVES: Final = ("carry_over", "strict")
# Which decisions need the passkey of who decides: none, those of the change advisory board, or all.
PASSKEYS: Final = ("none", "cab", "all")
# A trial merges to branches under this name only.
TRIAL_BRANCHES: Final = vocabulary.TRIAL_BRANCHES
_CHOICES: Final[Mapping[str, tuple[JSON, ...]]] = {
    "base_move": BASE_MOVES,
    "passkey": PASSKEYS,
    "trial": (False, True),
}
MAX_SLOT_MINUTES: Final = 240
MAX_DECIDE_HOURS: Final = 400
MAX_OWNERS: Final = 5
DEFAULTS: Final[Mapping[str, JSON]] = {
    "base_move": "carry_over",
    "slot_minutes": 60,
    "passkey": "none",
    # Working hours in which a request is decided on, in which calendar, and who is told when it is not.
    "decide_within_hours": 56,
    "calendar": WorkingCalendar().as_json(),
    "escalation": [],
    # One person alone tries the product: see ``TRIAL_BRANCHES``. Chosen at registration, and for good.
    "trial": False,
}


def settings_check(settings: Mapping[str, JSON]) -> None:
    """Refuse what is no setting, or no value of one.

    Raises:
        ProjectInvalid: a setting or a value does not exist.
        CalendarInvalid: a part of the calendar does not exist.
    """
    for key, value in settings.items():
        if not _exists(key, value):
            message = f"there is no setting {key}={value!r}"
            raise ProjectInvalid(message, setting=key)


def _exists(key: str, value: JSON) -> bool:
    if key in _CHOICES:
        return any(type(value) is type(choice) and value == choice for choice in _CHOICES[key])
    if key == "calendar":
        return _calendar_exists(value)
    if key == "escalation":
        owners = value if isinstance(value, list) else [None]
        return len(owners) <= MAX_OWNERS and all(isinstance(owner, str) for owner in owners)
    # How long one change may hold the merge slot for itself; 0 lets none do so.
    number = isinstance(value, int) and not isinstance(value, bool)
    if key == "decide_within_hours":
        return number and 1 <= int(str(value)) <= MAX_DECIDE_HOURS
    return key == "slot_minutes" and number and 0 <= int(str(value)) <= MAX_SLOT_MINUTES


def _calendar_exists(value: JSON) -> bool:
    calendar = calendar_read(value)
    # The longest term that can be set must end: a calendar of a few minutes a week has no use.
    working_add(calendar, now(), timedelta(hours=MAX_DECIDE_HOURS))
    return True


def settings_whole(settings: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return checked settings with every part written out, as they are kept."""
    whole = dict(settings)
    if "calendar" in whole:
        whole["calendar"] = calendar_read(whole["calendar"]).as_json()
    return whole


def settings_with_defaults(settings: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return the settings that hold: what was chosen, over what holds otherwise."""
    return {**DEFAULTS, **settings_whole(settings)}
