"""Tables whose rows are only ever added: triggers and grants, as those of the audit log."""

from django.db import migrations

_FUNCTION = """
CREATE OR REPLACE FUNCTION rows_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are only ever added: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$;
"""


def append_only(table: str) -> list[migrations.RunSQL]:
    """Return the operations that refuse UPDATE, DELETE and TRUNCATE on ``table``."""
    triggers = f"""
    CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION rows_refuse_change();
    CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION rows_refuse_change();
    """
    drop = f"""
    DROP TRIGGER {table}_no_change ON {table};
    DROP TRIGGER {table}_no_truncate ON {table};
    """
    # The name is written in a migration; nothing from outside gets here.
    grants = f"""
    DO $$
    BEGIN
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'countersign_app') THEN
            REVOKE ALL ON {table} FROM countersign_app;
            GRANT SELECT, INSERT ON {table} TO countersign_app;
        END IF;
    END
    $$;
    """  # noqa: S608
    return [
        migrations.RunSQL(_FUNCTION, migrations.RunSQL.noop),
        migrations.RunSQL(triggers, drop),
        migrations.RunSQL(grants, migrations.RunSQL.noop),
    ]
