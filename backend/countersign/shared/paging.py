"""Pages of long lists: a position goes out with each page, and the next page starts there.

Positions are values of the sort key, not offsets: rows that appear or vanish meanwhile shift nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Q

from countersign.shared.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import Model, QuerySet

Item = TypeVar("Item")
Row = TypeVar("Row", bound="Model")

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
_FORWARD, _BACKWARD = "n", "p"
# As many digits as a bigint surely holds.
_NUMBER = re.compile(r"[0-9]{1,18}")


class CursorInvalid(InvalidInput):
    """A cursor was not handed out for this list."""

    code = "cursor_invalid"


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page and the positions beside it; ``None`` where there is nothing more."""

    items: tuple[Item, ...]
    next: str | None = None
    previous: str | None = None


def limit_clamp(limit: int) -> int:
    """Return how many items a page really holds."""
    return max(1, min(limit, MAX_LIMIT))


def position_dump(direction: str, values: Sequence[str]) -> str:
    """Return an opaque cursor."""
    text = json.dumps([direction, *values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def position_load(cursor: str) -> tuple[str, tuple[str, ...]]:
    """Return direction and values of a cursor.

    Raises:
        CursorInvalid: it was not made by :func:`position_dump`.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise _invalid() from error
    if (
        not isinstance(parts, list)
        or not all(isinstance(part, str) for part in parts)
        or parts[:1] not in ([_FORWARD], [_BACKWARD])
    ):
        raise _invalid()
    return parts[0], tuple(parts[1:])


def number_dump(number: int) -> str:
    """Return the cursor of a list whose position is one number."""
    return position_dump(_FORWARD, [str(number)])


def number_load(cursor: str) -> int:
    """Return the number in a cursor.

    Raises:
        CursorInvalid: it was not made by :func:`number_dump`.
    """
    _, values = position_load(cursor)
    if len(values) != 1 or not _NUMBER.fullmatch(values[0]):
        raise _invalid()
    return int(values[0])


def _invalid() -> CursorInvalid:
    return CursorInvalid("this cursor does not belong to this list; start again without one")


def queryset_page(
    queryset: QuerySet[Row],
    *,
    order: Sequence[str],
    convert: Callable[[Row], Item],
    after: str = "",
    limit: int = DEFAULT_LIMIT,
) -> Page[Item]:
    """Return one page of a query.

    Args:
        queryset: what is listed.
        order: the fields it is sorted by (``-`` for descending), without NULLs; the last one is unique.
        convert: makes a row what the caller sees.
        after: the cursor of another page, or nothing for the first one.
        limit: items a page, at most 200.

    Raises:
        CursorInvalid: the cursor does not belong to this list.
    """
    limit = limit_clamp(limit)
    backward = False
    if after:
        direction, values = position_load(after)
        backward = direction == _BACKWARD
        if len(values) != len(order):
            raise _invalid()
        try:
            queryset = queryset.filter(_beyond(order, values, backward=backward))
        except (ValidationError, ValueError) as error:
            raise _invalid() from error
    rows = list(queryset.order_by(*(_turned(order) if backward else order))[: limit + 1])
    more, rows = len(rows) > limit, rows[:limit]
    if backward:
        rows.reverse()
    if not rows:
        return Page(())
    first, last = _values(rows[0], order), _values(rows[-1], order)
    return Page(
        tuple(convert(row) for row in rows),
        next=position_dump(_FORWARD, last) if more or backward else None,
        previous=position_dump(_BACKWARD, first) if (more if backward else bool(after)) else None,
    )


def _turned(order: Sequence[str]) -> tuple[str, ...]:
    return tuple(name[1:] if name.startswith("-") else f"-{name}" for name in order)


def _beyond(order: Sequence[str], values: Sequence[str], *, backward: bool) -> Q:
    """Return ``(a, b) > (x, y)`` with a direction for each field, as SQL has no such comparison."""
    beyond = Q()
    same = Q()
    for name, value in zip(order, values, strict=True):
        field = name.removeprefix("-")
        descending = name.startswith("-") is not backward
        beyond |= same & Q(**{f"{field}__{'lt' if descending else 'gt'}": value})
        same &= Q(**{field: value})
    return beyond


def _values(row: Model, order: Sequence[str]) -> list[str]:
    return [_text(getattr(row, name.removeprefix("-"))) for name in order]


# A sort key may be of any type that a column has.
def _text(value: Any) -> str:  # noqa: ANN401
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def sequence_page(items: Sequence[Item], *, after: str = "", limit: int = DEFAULT_LIMIT) -> Page[Item]:
    """Return one page of a bounded list that is in memory already, such as a ranked inbox.

    Raises:
        CursorInvalid: the cursor does not belong to such a list.
    """
    limit = limit_clamp(limit)
    start = number_load(after) if after else 0
    stop = start + limit
    return Page(
        tuple(items[start:stop]),
        next=number_dump(stop) if stop < len(items) else None,
        previous=number_dump(max(0, start - limit)) if start > 0 else None,
    )
