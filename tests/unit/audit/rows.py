"""Events as no process would write them, with the columns that the runtime role may write."""

from __future__ import annotations

import uuid
from typing import Any


def event_insert(**columns: Any) -> None:  # noqa: ANN401 - whatever a column holds
    """Write one event: its number and its transaction are the database's to say."""
    from django.db import connection

    row = {"event_id": uuid.uuid4(), "subject_type": "", "subject_id": "", "correlation_id": "", **columns}
    places = ", ".join(["%s"] * len(row))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO audit_auditevent ({', '.join(row)}) VALUES ({places})",  # noqa: S608 - names of columns
            list(row.values()),
        )
