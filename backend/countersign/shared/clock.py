"""The one clock of the process."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def isoformat(moment: datetime) -> str:
    """Render ``moment`` as RFC 3339 with microseconds and ``Z``, the only form used in signed data."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"
