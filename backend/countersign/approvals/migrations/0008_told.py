"""Who was told, and instead of whom."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Kept with the reminder; null where it was told before."""

    dependencies: ClassVar = [("approvals", "0007_decision_signatures")]

    operations: ClassVar = [migrations.AddField("reminder", "told", models.JSONField(null=True))]
