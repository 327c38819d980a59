"""The correlation id that ties a request, its jobs, its log lines and its audit events together."""

from __future__ import annotations

import re
import uuid
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_CURRENT: ContextVar[str] = ContextVar("countersign_correlation_id", default="")
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")


def correlation_id() -> str:
    """Return the current correlation id, or an empty string outside any scope."""
    return _CURRENT.get()


def new_correlation_id() -> str:
    """Return a fresh correlation id."""
    return uuid.uuid4().hex


@contextmanager
def correlation_scope(identifier: str = "") -> Iterator[str]:
    """Run a block under ``identifier``, or under a new id when it is empty or not well-formed."""
    chosen = identifier if _ACCEPTABLE.fullmatch(identifier) else new_correlation_id()
    token = _CURRENT.set(chosen)
    try:
        yield chosen
    finally:
        _CURRENT.reset(token)
