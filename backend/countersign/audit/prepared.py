"""Statements that are prepared once a connection, beside Django's cursors, which can't prepare any.

psycopg could, and would drop all that is prepared at every rollback of the connection; so this goes straight
to libpq, and leaves to psycopg what values become on the wire.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias
from weakref import WeakKeyDictionary

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.waiting import Ready, Wait

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from psycopg.abc import Buffer
    from psycopg.pq import Format
    from psycopg.pq.abc import PGconn, PGresult

    Link: TypeAlias = psycopg.Connection[tuple[object, ...]]
    Key: TypeAlias = tuple[str, tuple[int, ...]]

# Far more than there are; what comes after them is planned every time.
_MOST = 250
_PREPARED: WeakKeyDictionary[Link, dict[Key, bytes]] = WeakKeyDictionary()
_PLACE = re.compile(r"%([sb%])")
_FORMATS = {"s": PyFormat.AUTO, "b": PyFormat.BINARY}


def prepared_run(link: Link, text: str, parameters: Sequence[object]) -> list[tuple[object, ...]]:
    """Run a statement with placeholders (``%s``, ``%b``) in the open transaction; return its rows.

    As the first statement of a transaction it begins it, as any other cursor would, in the same round trip.

    Raises:
        psycopg.Error: the database, or psycopg, refuses it.
    """
    query, formats = _places(text)
    adapt = Transformer.from_context(link)
    values = adapt.dump_sequence(parameters, formats)
    pgconn, key = link.pgconn, (text, adapt.types or ())
    known = _PREPARED.setdefault(link, {})
    name = known.get(key)
    if name is None and len(known) < _MOST:
        name = f"countersign_{len(known)}".encode()
        require(pgconn.prepare(name, query, adapt.types), ExecStatus.COMMAND_OK)
        known[key] = name
    if name is None:
        transaction_begin(link)
        result = pgconn.exec_params(query, values, adapt.types, adapt.formats)
    elif pgconn.transaction_status == TransactionStatus.IDLE:
        result = _begin_and_run(link, name, values, adapt.formats)
    else:
        result = pgconn.exec_prepared(name, values, adapt.formats)  # type: ignore[arg-type]  # NULL is None
    require(result, ExecStatus.TUPLES_OK)
    adapt.set_pgresult(result)
    return adapt.load_rows(0, result.ntuples, tuple)


def _begin_and_run(
    link: Link, name: bytes, values: Sequence[Buffer | None], formats: Sequence[Format] | None
) -> PGresult:
    """Send BEGIN and a prepared statement together; return the statement's result."""
    pgconn = link.pgconn
    pgconn.enter_pipeline_mode()
    try:
        pgconn.send_query_params(b"BEGIN", None)
        pgconn.send_query_prepared(name, values, formats)
        pgconn.pipeline_sync()
        begun, result = link.wait(_results(pgconn))
        pgconn.exit_pipeline_mode()
    except BaseException:
        # Whatever came in between: answers may be on their way that nobody waits for any more.
        link.close()
        raise
    require(begun, ExecStatus.COMMAND_OK)
    return result


def _results(pgconn: PGconn) -> Generator[Wait, Ready | int, list[PGresult]]:
    """Collect what the server answers, up to the end of the pipeline; wait where it has not answered yet."""
    while pgconn.flush():
        if (yield Wait.RW) & Ready.R:
            pgconn.consume_input()
    found: list[PGresult] = []
    while True:
        while pgconn.is_busy():
            yield Wait.R
            pgconn.consume_input()
        result = pgconn.get_result()
        # None stands between two statements.
        if result is not None and result.status == ExecStatus.PIPELINE_SYNC:
            return found
        if result is not None:
            found.append(result)


def transaction_begin(link: Link) -> None:
    """Begin the transaction that Django has in mind, where this is its first statement."""
    if link.pgconn.transaction_status == TransactionStatus.IDLE:
        require(link.pgconn.exec_(b"BEGIN"), ExecStatus.COMMAND_OK)


def require(result: PGresult, expected: ExecStatus) -> None:
    """Require that the database did what it was told.

    Raises:
        psycopg.Error: it did not; the error says why.
    """
    if result.status != expected:
        raise psycopg.errors.error_from_result(result)


@lru_cache(maxsize=_MOST)
def _places(text: str) -> tuple[bytes, list[PyFormat]]:
    """Return the statement with numbered parameters, and the form in which each is sent."""
    formats: list[PyFormat] = []

    def number(place: re.Match[str]) -> str:
        if place[0] == "%%":
            return "%"
        formats.append(_FORMATS[place[1]])
        return f"${len(formats)}"

    return _PLACE.sub(number, text).encode(), formats
