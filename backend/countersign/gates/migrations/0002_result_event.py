"""A gate's answer names the event that tells of it; asked again in the same attempt, a gate answers again."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """A column, and the constraint with it."""

    dependencies: ClassVar = [("gates", "0001_initial")]

    operations: ClassVar = [
        migrations.AddField("gateresult", "event_id", models.UUIDField(null=True)),
        migrations.RemoveConstraint("gateresult", "gate_result_once"),
        migrations.AddConstraint(
            "gateresult",
            models.UniqueConstraint(
                fields=["run_id", "attempt", "name", "event_id"], name="gate_result_once"
            ),
        ),
    ]
