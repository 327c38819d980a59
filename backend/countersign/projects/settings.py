"""What can be set for a project, and which values exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from countersign.projects.errors import ProjectInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.shared.types import JSON

BASE_MOVES: Final = ("carry_over", "strict")
MAX_SLOT_MINUTES: Final = 240
DEFAULTS: Final[Mapping[str, JSON]] = {"base_move": "carry_over", "slot_minutes": 30}


def settings_check(settings: Mapping[str, JSON]) -> None:
    """Refuse what is no setting, or no value of one.

    Raises:
        ProjectInvalid: a setting or a value does not exist.
    """
    for key, value in settings.items():
        if not _exists(key, value):
            message = f"there is no setting {key}={value!r}"
            raise ProjectInvalid(message, setting=key)


def _exists(key: str, value: JSON) -> bool:
    if key == "base_move":
        return value in BASE_MOVES
    # How long one change may hold the merge slot for itself; 0 lets none do so.
    number = isinstance(value, int) and not isinstance(value, bool)
    return key == "slot_minutes" and number and 0 <= int(str(value)) <= MAX_SLOT_MINUTES


def settings_with_defaults(settings: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return the settings that hold: what was chosen, over what holds otherwise."""
    return {**DEFAULTS, **settings}
