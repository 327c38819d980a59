"""The signatures of witnesses: they only come, none is ever changed or taken away."""

from __future__ import annotations

from typing import ClassVar

import django.db.models.functions
from django.db import migrations, models

_TRIGGERS = """
CREATE TRIGGER audit_auditcosignature_no_change BEFORE UPDATE OR DELETE ON audit_auditcosignature
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_auditcosignature_no_truncate BEFORE TRUNCATE ON audit_auditcosignature
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
"""
_DROP = """
DROP TRIGGER audit_auditcosignature_no_change ON audit_auditcosignature;
DROP TRIGGER audit_auditcosignature_no_truncate ON audit_auditcosignature;
"""
# The sequencer alone asks witnesses, and so it alone keeps what they say.
_GRANTS = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'countersign_app') THEN
        REVOKE ALL ON audit_auditcosignature FROM countersign_app;
        GRANT SELECT ON audit_auditcosignature TO countersign_app;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'countersign_sequencer') THEN
        REVOKE ALL ON audit_auditcosignature FROM countersign_sequencer;
        GRANT SELECT, INSERT ON audit_auditcosignature TO countersign_sequencer;
        GRANT USAGE ON SEQUENCE audit_auditcosignature_id_seq TO countersign_sequencer;
    END IF;
END
$$;
"""


class Migration(migrations.Migration):
    """The table, its triggers and its grants."""

    dependencies: ClassVar = [("audit", "0002_append_only")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="AuditCosignature",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("tree_size", models.BigIntegerField()),
                ("witness", models.CharField(max_length=300)),
                ("line", models.TextField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.Now())),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tree_size", "witness"), name="cosignature_once")
                ],
            },
        ),
        migrations.RunSQL(_TRIGGERS, _DROP),
        migrations.RunSQL(_GRANTS, migrations.RunSQL.noop),
    ]
