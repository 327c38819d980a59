"""The line that no call crosses while a transaction is open (DESIGN section 4, rule 1).

Whatever reaches outside the process (a subprocess, the network, the object store) says so here first. This
room knows no database: whoever puts the platform together registers how an open transaction is recognised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from countersign.shared.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Callable


class OutsideCallInTransaction(DomainError):
    """A programming error: a transaction would have waited for the world outside."""

    code: ClassVar[str] = "outside_call_in_transaction"
    status: ClassVar[int] = 500


_WATCHES: list[Callable[[], bool]] = []


def transaction_watch_register(is_open: Callable[[], bool]) -> None:
    """Let ``is_open()`` say from now on whether this thread has an open transaction."""
    _WATCHES[:] = [is_open]


def outside_call(what: str) -> None:
    """Announce a call that leaves the process.

    Raises:
        OutsideCallInTransaction: a transaction is open in this thread.
    """
    if any(is_open() for is_open in _WATCHES):
        message = f"{what} must not be called while a transaction is open: call it before, record it after"
        raise OutsideCallInTransaction(message)
