"""The time that signatures and deadlines go by: the database's, and only while the process agrees with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import connection

from countersign.shared import clock
from countersign.shared.env import clock_tolerance
from countersign.shared.errors import Unavailable


class ClocksDisagree(Unavailable):
    """The clock of this process and that of the database are too far apart to sign anything."""

    code = "clocks_disagree"


def moment_agreed() -> datetime:
    """Return the database's time, if this process's clock tells about the same.

    One of the two is wrong where they differ, and nobody can say which: what is signed by either could be
    too late, or be back-dated. So neither is trusted.

    Raises:
        ClocksDisagree: they differ by more than ``COUNTERSIGN_CLOCK_TOLERANCE`` seconds.
    """
    before = clock.now()
    with connection.cursor() as cursor:
        # Named with its schema, so that no function of the same name can stand in front of it.
        cursor.execute("SELECT pg_catalog.clock_timestamp()")
        row = cursor.fetchone()
    after = clock.now()
    database: datetime = row[0].astimezone(UTC)
    apart = max(before - database, database - after, timedelta())
    if apart > timedelta(seconds=clock_tolerance()):
        message = (
            f"the clocks of this process and of the database are {apart.total_seconds():.1f} seconds apart: "
            "nothing is signed until they agree; set both by the same time server"
        )
        raise ClocksDisagree(message, seconds=round(apart.total_seconds(), 3))
    return database
