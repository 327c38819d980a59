"""Indexes that end in the order in which events are listed, so that a search by time is a stretch of one."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models

_OLD = ("subject", "type", "actor", "correlation")
_NEW = {
    "audit_event_by_kind": ["subject_type", "type", "recorded_at", "id"],
    "audit_event_by_subject": ["subject_id", "recorded_at", "id"],
    "audit_event_by_actor": ["actor_id", "recorded_at", "id"],
    "audit_event_by_request": ["correlation_id", "recorded_at", "id"],
}


class Migration(migrations.Migration):
    """As many indexes as before: each is one more that every event is written to."""

    dependencies: ClassVar = [("audit", "0003_cosignatures")]

    operations: ClassVar = [
        *[migrations.RemoveIndex("auditevent", f"audit_event_{name}") for name in _OLD],
        *[
            migrations.AddIndex("auditevent", models.Index(fields=fields, name=name))
            for name, fields in _NEW.items()
        ],
    ]
