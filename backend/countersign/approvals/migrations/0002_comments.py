"""Comments on requests: rows that are only ever added."""

from typing import ClassVar

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid

from django.db import migrations, models

from countersign.shared.append_only import append_only


class Migration(migrations.Migration):
    """The table and the triggers that keep its rows as they are."""

    dependencies: ClassVar = [
        ("approvals", "0001_initial"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Comment",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("person_id", models.UUIDField()),
                ("user_id", models.UUIDField()),
                ("subject_digest", models.CharField(max_length=80)),
                ("text", models.TextField()),
                ("path", models.CharField(blank=True, max_length=500)),
                ("line", models.PositiveIntegerField(null=True)),
                ("unattended", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="comments",
                        to="approvals.approvalrequest",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["request", "created_at"], name="comment_by_request")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("line__isnull", True), models.Q(("path", ""), _negated=True), _connector="OR"
                        ),
                        name="comment_line_in_a_file",
                    )
                ],
            },
        ),
        *append_only("approvals_comment"),
    ]
