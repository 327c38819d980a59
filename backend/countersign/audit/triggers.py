"""Events by database trigger, for tables that are written by others than the platform's services.

A trigger sees every change, whoever made it and by whatever path, and writes its event in the transaction of
the change. What it can't see is who asked for it: that is told it by :mod:`countersign.audit.attribution`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db import migrations

FUNCTION_CHANGE = "audit_table_change"
FUNCTION_TRUNCATE = "audit_table_truncate"
SUFFIX = "_audited"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class AuditedTable:
    """A table whose every change is an event.

    Attributes:
        name: of the table.
        noun: what a row is called: ``database.<noun>.created``, ``changed``, ``deleted`` and ``truncated``.
        key: the column that names a row, as the subject of its events.
        secret_key: the key opens something, so it goes in by digest.
        told: columns whose values stand in the event: no secrets, and nothing that tells of a person but ids.
        quiet: columns that no event tells of when nothing else in the row changed.
        only_deleted: only the end of a row is told; that of its beginning is told by whoever made it.
    """

    name: str
    noun: str
    key: str = "id"
    secret_key: bool = False
    told: tuple[str, ...] = ()
    quiet: tuple[str, ...] = ()
    only_deleted: bool = False


def table_audited(table: AuditedTable) -> migrations.RunSQL:
    """Return the operation that lets every change of ``table`` write its event.

    Raises:
        ValueError: a name is not one that can stand in SQL as it is.
    """
    for name in (table.name, table.noun, table.key, *table.told, *table.quiet):
        if not _NAME.fullmatch(name):
            message = f"not a plain name: {name!r}"
            raise ValueError(message)
    told, quiet = (f"'{{{','.join(names)}}}'" for names in (table.told, table.quiet))
    key = f"'{'sha256' if table.secret_key else 'plain'}', '{table.key}'"
    when = "DELETE" if table.only_deleted else "INSERT OR UPDATE OR DELETE"
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER {table.name}{SUFFIX} AFTER {when} ON {table.name}
            FOR EACH ROW EXECUTE FUNCTION {FUNCTION_CHANGE}('{table.noun}', {key}, {told}, {quiet});
        CREATE TRIGGER {table.name}{SUFFIX}_truncate BEFORE TRUNCATE ON {table.name}
            FOR EACH STATEMENT EXECUTE FUNCTION {FUNCTION_TRUNCATE}('{table.noun}');
        """,
        f"""
        DROP TRIGGER {table.name}{SUFFIX}_truncate ON {table.name};
        DROP TRIGGER {table.name}{SUFFIX} ON {table.name};
        """,
    )
