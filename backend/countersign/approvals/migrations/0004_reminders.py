"""Who is told what about a request that waits, and when."""

import uuid
from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

KINDS = ["half", "four_fifths", "escalation"]


class Migration(migrations.Migration):
    """The table of reminders."""

    dependencies: ClassVar = [("approvals", "0003_asked_items")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Reminder",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("half", "Half"),
                            ("four_fifths", "Four Fifths"),
                            ("escalation", "Escalation"),
                        ],
                        max_length=20,
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("person_id", models.UUIDField(null=True)),
                ("due_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reminders",
                        to="approvals.approvalrequest",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("request", "kind", "position"), name="reminder_once"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", KINDS)), name="reminder_kind_known"
                    ),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("sent_at__isnull", True)), fields=["due_at"], name="reminder_due"
                    ),
                ],
            },
        ),
    ]
