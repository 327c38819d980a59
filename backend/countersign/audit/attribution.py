"""Who asked for what a database trigger sees: said to the transaction, and gone with it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from countersign.audit.bodies import actor_text
from countersign.shared.correlation import correlation_id
from countersign.shared.errors import NoTransaction

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator, Mapping

    from countersign.shared.actor import Actor

_SAY = "SELECT set_config('countersign.actor', %s, true), set_config('countersign.correlation_id', %s, true)"
# What a service said of its own transaction stands: it knows better than the request around it.
_SAY_UNLESS_SAID = """
SELECT set_config('countersign.actor', %s, true), set_config('countersign.correlation_id', %s, true)
WHERE coalesce(current_setting('countersign.actor', true), '') = ''
"""


def changes_attribute(*, actor: Actor) -> None:
    """Let what triggers record of the open transaction be this actor's, in the current correlation.

    Raises:
        NoTransaction: there is no open transaction that could carry it.
    """
    _say(actor, _SAY)


def _say(actor: Actor, statement: str) -> None:
    if not connection.in_atomic_block:
        message = "whose change it is, is said to the transaction of the change; open one first"
        raise NoTransaction(message)
    with connection.cursor() as cursor:
        cursor.execute(statement, [actor_text(actor), correlation_id()])


@contextmanager
def library_changes_attributed(*, who: Callable[[], Actor], writes: re.Pattern[str]) -> Iterator[None]:
    """Attribute what libraries write in this block: they know no actor, and mostly no transaction.

    Args:
        who: says who acts, at the moment of the change.
        writes: matches the beginning of the statements that are meant.
    """
    asking = False

    def attribute(
        execute: Callable[..., Any],
        sql: object,
        params: Any,  # noqa: ANN401 - Django's
        many: bool,  # noqa: FBT001 - Django's
        context: Mapping[str, Any],
    ) -> Any:  # noqa: ANN401 - Django's
        nonlocal asking
        if asking or not isinstance(sql, str) or not writes.match(sql):
            return execute(sql, params, many, context)
        # To find out who acts may itself end a session that is no longer good: that one is the platform's.
        asking = True
        try:
            actor = who()
        finally:
            asking = False
        with transaction.atomic(savepoint=False):
            _say(actor, _SAY_UNLESS_SAID)
            return execute(sql, params, many, context)

    with connection.execute_wrapper(attribute):
        yield
