"""A change and the event that tells of it in one statement: neither happens without the other.

What a service writes with ``record()`` beside its change is here part of the change's own statement, prepared
once a connection: one round trip for both, and the row as it is now comes back with it. A condition that
holds for no row writes no event. For changes whose event says nothing that only the changed row can tell; the
others use ``record()``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.db import connection
from django.db.models import Model, sql
from django.db.models.expressions import DatabaseDefault

from countersign.audit.events import event_make
from countersign.audit.prepared import prepared_run
from countersign.audit.writing import COLUMNS, link_open

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from django.db.models import QuerySet

    from countersign.audit.events import EventRow
    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON

_Row = TypeVar("_Row", bound=Model)
_TELLING = f"""
WITH changed AS ({{change}} RETURNING {{columns}}),
told AS (
    INSERT INTO audit_auditevent ({COLUMNS})
    SELECT %s::uuid, %s::timestamptz, %s, %s, %s, %s::uuid, %s, %s, %s, %b
    WHERE EXISTS (SELECT FROM changed)
)
SELECT {{columns}} FROM changed
"""  # noqa: S608 - constants, and SQL that Django made


def update_recorded(
    rows: QuerySet[_Row],
    changes: Mapping[str, object],
    *,
    actor: Actor,
    type: str,  # noqa: A002 - the field's own name in the event
    subject: tuple[str, str],
    data: Mapping[str, JSON] | None = None,
) -> tuple[_Row, ...]:
    """Change these rows and append one event, if there are any; return them as they are now.

    Args:
        rows: which; what they are filtered by is the condition of the change. With ``only()`` no more than
            those fields is read back.
        changes: new values by field, expressions included.
        actor: who does it.
        type: what happens, as in ``record()``.
        subject: kind and id of what it happens to.
        data: what else the event says.

    Raises:
        NoTransaction: there is no open transaction to join.
        InvalidInput: the type is not well-formed.
        AuditEventTooLarge: the event is larger than one may be.
    """
    event = event_make(actor=actor, type=type, subject=subject, data=data)
    query = cast("sql.UpdateQuery", rows.query.chain(sql.UpdateQuery))
    query.add_update_values(dict(changes))
    change, parameters = query.get_compiler(connection=connection).as_sql()
    named, deferred = rows.query.deferred_loading
    columns = _columns(rows.model, frozenset() if deferred else frozenset(named))
    return tuple(columns.row(values) for values in _told(columns.text, change, parameters, event))


def insert_recorded(
    row: Model,
    *,
    actor: Actor,
    type: str,  # noqa: A002 - the field's own name in the event
    subject: tuple[str, str],
    data: Mapping[str, JSON] | None = None,
    unless_exists: bool = False,
) -> bool:
    """Insert a row and append one event; say whether that happened.

    Args:
        row: a new instance of plain values, not expressions. What the database fills in is not read back.
        actor: who does it.
        type: what happens, as in ``record()``.
        subject: kind and id of what it happens to.
        data: what else the event says.
        unless_exists: where it would collide with another row, do nothing.

    Raises:
        NoTransaction: there is no open transaction to join.
        InvalidInput: the type is not well-formed.
        AuditEventTooLarge: the event is larger than one may be.
        IntegrityError: it collides with another row, and that was not allowed for.
    """
    event = event_make(actor=actor, type=type, subject=subject, data=data)
    names, parameters = [], []
    for field in row._meta.local_concrete_fields:  # noqa: SLF001 - Django's way to ask for them
        value = field.pre_save(row, add=True)
        # The database fills in what is not there: a key that it makes, a default that it has.
        if not isinstance(value, DatabaseDefault) and not (value is None and field.primary_key):
            names.append(field.column)
            parameters.append(field.get_db_prep_save(value, connection))
    change = _insert(row._meta.db_table, tuple(names), unless_exists=unless_exists)  # noqa: SLF001 - as above
    made = bool(_told("1", change, parameters, event))
    if made:
        row._state.adding, row._state.db = False, connection.alias  # noqa: SLF001 - as save() does
    return made


@lru_cache(maxsize=256)
def _insert(table: str, names: tuple[str, ...], *, unless_exists: bool) -> str:
    """Return the INSERT of one row; Django would put it together anew for every row."""
    quote = connection.ops.quote_name
    columns, values = ", ".join(quote(name) for name in names), ", ".join(["%s"] * len(names))
    conflict = " ON CONFLICT DO NOTHING" if unless_exists else ""
    return f"INSERT INTO {quote(table)} ({columns}) VALUES ({values}){conflict}"  # noqa: S608 - names of Django's


def _told(
    columns: str, change: str, parameters: Sequence[object], event: EventRow
) -> list[tuple[object, ...]]:
    statement = _TELLING.format(change=change, columns=columns)
    link = link_open()
    with connection.wrap_database_errors:
        return prepared_run(link, statement, (*parameters, *event.texts, event.body))


@dataclass(frozen=True, slots=True)
class _Columns:
    """How rows of a model are read back."""

    model: type[Model]
    names: tuple[str, ...]
    text: str
    converters: tuple[tuple[int, Callable[..., object], object], ...]

    def row(self, values: Sequence[object]) -> Any:  # noqa: ANN401 - an instance of the model
        """Return the instance that these values make."""
        taken = list(values)
        for place, convert, column in self.converters:
            taken[place] = convert(taken[place], column, connection)
        return self.model.from_db(connection.alias, self.names, taken)


@lru_cache(maxsize=256)
def _columns(model: type[Model], only: frozenset[str]) -> _Columns:
    meta = model._meta  # noqa: SLF001 - Django's way to ask for them
    fields = [
        field
        for field in meta.local_concrete_fields
        if not only or field.primary_key or field.name in only or field.attname in only
    ]
    return _Columns(
        model,
        tuple(field.attname for field in fields),
        ", ".join(connection.ops.quote_name(str(field.column)) for field in fields),
        tuple(
            (place, convert, field.get_col(meta.db_table))
            for place, field in enumerate(fields)
            for convert in field.get_db_converters(connection)
        ),
    )
