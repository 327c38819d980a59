"""Kinds of inputs, and what people answer: rows that are only ever added."""

from typing import ClassVar

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid

from django.db import migrations, models

from countersign.shared.append_only import append_only


class Migration(migrations.Migration):
    """A column, a table, and the triggers that keep its rows as they are."""

    dependencies: ClassVar = [
        ("plans", "0002_plan_details"),
        ("projects", "0001_initial"),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name="planinput",
            name="kind",
            field=models.CharField(default="requirement", max_length=16),
        ),
        migrations.RunSQL(
            "UPDATE plans_planinput SET kind = 'configuration' WHERE secret OR pointer <> ''",
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name="planinput",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["configuration", "requirement"])),
                name="plan_input_kind_known",
            ),
        ),
        migrations.CreateModel(
            name="InputAnswer",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=32)),
                ("name", models.CharField(max_length=100)),
                ("number", models.PositiveIntegerField()),
                ("value", models.TextField(blank=True)),
                ("pointer", models.CharField(blank=True, max_length=500)),
                ("nonce", models.CharField(max_length=64)),
                ("kind", models.CharField(max_length=16)),
                ("person_id", models.UUIDField()),
                ("user_id", models.UUIDField()),
                ("minted_by", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="plans.plan",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.project"
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("project", "code", "name", "number"), name="input_answer_number_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("value", ""), models.Q(("pointer", ""), _negated=True)),
                            models.Q(models.Q(("value", ""), _negated=True), ("pointer", "")),
                            _connector="OR",
                        ),
                        name="input_answer_says_one_thing",
                    ),
                ],
            },
        ),
        *append_only("plans_inputanswer"),
    ]
