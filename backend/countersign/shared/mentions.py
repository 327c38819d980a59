"""Where the database says a word: every table, every column, whatever type it is of."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, LiteralString

from django.db import connection
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHORTEST = 2
# Rows of the log that are looked at in one statement: none may take longer than the role's timeout.
_STEP = 200_000
_LOG = "audit_auditevent"
# Hashes and numbers only, and a row for each event.
_WORDLESS = frozenset({"audit_auditleaf", "django_migrations"})
_COLUMNS = """
SELECT table_name, column_name, data_type FROM information_schema.columns
WHERE table_schema = 'public' AND data_type NOT IN (
    'boolean', 'smallint', 'integer', 'bigint', 'uuid', 'timestamp with time zone', 'inet', 'interval'
)
ORDER BY table_name, ordinal_position
"""


@dataclass(frozen=True, slots=True)
class Mention:
    """Rows of one table in which a word stands."""

    table: str
    rows: int


def mentions_find(words: Iterable[str], *, leave_out: Iterable[str] = ()) -> tuple[Mention, ...]:
    """Return in which tables one of ``words`` stands as a word, large or small, and in how many rows.

    Args:
        words: names and addresses; those of a single character are too common to look for.
        leave_out: beginnings of the names of tables that are not looked at.
    """
    pattern = _pattern(words)
    if not pattern:
        return ()
    prefixes = tuple(leave_out)
    found = []
    for table, columns in _tables().items():
        if table in _WORDLESS or table.startswith(prefixes):
            continue
        if rows := _count(table, columns, pattern):
            found.append(Mention(table, rows))
    return tuple(found)


def _tables() -> dict[str, list[tuple[str, str]]]:
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        tables: dict[str, list[tuple[str, str]]] = {}
        for table, column, kind in cursor.fetchall():
            tables.setdefault(table, []).append((column, kind))
    return tables


def _pattern(words: Iterable[str]) -> str:
    """Return a regular expression of PostgreSQL for any of the words, however a column writes them."""
    forms = {form for word in words if len(word.strip()) >= _SHORTEST for form in _forms(word.strip())}
    if not forms:
        return ""
    either = "|".join(re.escape(form) for form in sorted(forms))
    return f"(^|[^[:alnum:]])({either})([^[:alnum:]]|$)"


def _forms(word: str) -> set[str]:
    """Return a word as text has it, as JSON may escape it, and as bytes are printed."""
    octal = "".join(
        chr(byte) if byte < 0x80 else f"\\{byte:03o}"  # noqa: PLR2004 - ASCII
        for byte in word.encode()
    )
    return {word, json.dumps(word)[1:-1], octal}


def _count(table: str, columns: list[tuple[str, str]], pattern: str) -> int:
    texts = [
        sql.SQL("encode({}, 'escape')" if kind == "bytea" else "{}::text").format(sql.Identifier(column))
        for column, kind in columns
    ]
    says = sql.SQL("concat_ws(' ', {}) ~* {}").format(sql.SQL(", ").join(texts), sql.Literal(pattern))
    name = sql.Identifier(table)
    if table != _LOG:
        return _number(sql.SQL("SELECT count(*) FROM {} WHERE {}").format(name, says))
    last = _number(sql.SQL("SELECT coalesce(max(id), 0) FROM {}").format(name))
    between: LiteralString = "SELECT count(*) FROM {} WHERE id > {} AND id <= {} AND {}"
    return sum(
        _number(sql.SQL(between).format(name, sql.Literal(start), sql.Literal(start + _STEP), says))
        for start in range(0, last, _STEP)
    )


def _number(statement: sql.Composed) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
    return int(row[0]) if row else 0
