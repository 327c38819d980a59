"""A verification ahead of time names the event that tells of it; how long it took nobody asks."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column comes, one goes."""

    dependencies: ClassVar = [("runs", "0003_queue")]

    operations: ClassVar = [
        migrations.AddField("standing", "event_id", models.UUIDField(null=True)),
        migrations.RemoveField("standing", "duration_ms"),
    ]
