"""What a request for changes asks for, one by one."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """One more column of decisions."""

    dependencies: ClassVar = [("approvals", "0002_comments")]

    operations: ClassVar = [
        migrations.AddField("decision", "items", models.JSONField(default=list)),
    ]
