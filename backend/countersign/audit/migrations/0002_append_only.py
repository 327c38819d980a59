"""The log only grows: triggers refuse every other change, and the runtime roles have no grant for one.

The migration owner is another role than those of the web, worker and sequencer processes, so that none of
these can disable a trigger (a table's owner could).
"""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

_FUNCTION = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;
"""

_TABLES = ("audit_auditevent", "audit_auditleaf", "audit_auditcheckpoint")


def _triggers(table: str) -> str:
    return f"""
    CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
    CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
    """


def _drop(table: str) -> str:
    return f"""
    DROP TRIGGER {table}_no_change ON {table};
    DROP TRIGGER {table}_no_truncate ON {table};
    """


# Roles are made by whoever sets the database up; a development database may lack them.
_GRANTS = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'countersign_app') THEN
        REVOKE ALL ON audit_auditevent, audit_auditleaf, audit_auditcheckpoint FROM countersign_app;
        GRANT SELECT, INSERT ON audit_auditevent TO countersign_app;
        GRANT SELECT ON audit_auditleaf, audit_auditcheckpoint TO countersign_app;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'countersign_sequencer') THEN
        REVOKE ALL ON audit_auditevent, audit_auditleaf, audit_auditcheckpoint FROM countersign_sequencer;
        GRANT SELECT ON audit_auditevent TO countersign_sequencer;
        GRANT SELECT, INSERT ON audit_auditleaf, audit_auditcheckpoint TO countersign_sequencer;
    END IF;
END
$$;
"""


class Migration(migrations.Migration):
    """Triggers on UPDATE, DELETE and TRUNCATE; grants by role."""

    dependencies: ClassVar = [("audit", "0001_initial")]

    operations: ClassVar = [
        migrations.RunSQL(_FUNCTION, "DROP FUNCTION audit_refuse_change()"),
        *[migrations.RunSQL(_triggers(table), _drop(table)) for table in _TABLES],
        migrations.RunSQL(_GRANTS, migrations.RunSQL.noop),
    ]
