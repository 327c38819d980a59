"""The signer answers each decision once; its role alone may, and may do little else."""

from __future__ import annotations

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Now

from countersign.shared.append_only import append_only

_GRANTS = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'countersign_signer') THEN
        REVOKE INSERT ON approvals_decisionsignature FROM countersign_app;
        GRANT SELECT, INSERT ON approvals_decisionsignature TO countersign_signer;
        GRANT SELECT ON approvals_decision, approvals_approvalrequest TO countersign_signer;
        GRANT SELECT ON audit_auditevent, audit_auditleaf, audit_auditcheckpoint, audit_auditcosignature
            TO countersign_signer;
        GRANT INSERT ON audit_auditevent TO countersign_signer;
        GRANT USAGE ON SEQUENCE audit_auditevent_id_seq TO countersign_signer;
    END IF;
END
$$;
"""


class Migration(migrations.Migration):
    """A table that only grows."""

    dependencies: ClassVar = [("approvals", "0006_break_glass"), ("audit", "0003_cosignatures")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="DecisionSignature",
            fields=[
                (
                    "decision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="signature",
                        serialize=False,
                        to="approvals.decision",
                    ),
                ),
                ("envelope", models.JSONField(null=True)),
                ("refused", models.TextField(blank=True)),
                ("answered_at", models.DateTimeField(db_default=Now())),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(envelope__isnull=True) ^ models.Q(refused=""),
                        name="decision_signed_or_refused",
                    ),
                ],
            },
        ),
        *append_only("approvals_decisionsignature"),
        migrations.RunSQL(_GRANTS, migrations.RunSQL.noop),
    ]
