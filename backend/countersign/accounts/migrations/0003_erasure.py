"""When a person was erased."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column."""

    dependencies: ClassVar = [("accounts", "0002_deciding_credentials")]

    operations: ClassVar = [
        migrations.AddField("person", "erased_at", models.DateTimeField(null=True)),
    ]
