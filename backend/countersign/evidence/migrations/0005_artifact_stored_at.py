"""When an artifact was last stored; of those that are there already that is when they were first stored."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    """A column, its values, and the order in which old ones are looked through."""

    dependencies: ClassVar = [("evidence", "0004_retention")]

    operations: ClassVar = [
        migrations.AddField("artifact", "stored_at", models.DateTimeField(db_default=Now())),
        migrations.RunSQL("UPDATE evidence_artifact SET stored_at = created_at", migrations.RunSQL.noop),
        migrations.AddIndex("artifact", models.Index(fields=["stored_at", "digest"], name="artifact_by_age")),
    ]
