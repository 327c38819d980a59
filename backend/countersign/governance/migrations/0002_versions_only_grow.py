"""Documents, rules, rule sets and violations are only ever added to; triggers refuse every other change."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

_FUNCTION = """
CREATE FUNCTION governance_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'governance records only grow: % on % is refused; write a new version', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;
"""

_TABLES = (
    "governance_document",
    "governance_rule",
    "governance_ruleset",
    "governance_violation",
    "governance_waiver",
)


def _trigger(table: str) -> str:
    return f"""
    CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION governance_refuse_change();
    """


class Migration(migrations.Migration):
    """One trigger a table."""

    dependencies: ClassVar = [("governance", "0001_initial")]

    operations: ClassVar = [
        migrations.RunSQL(_FUNCTION, "DROP FUNCTION governance_refuse_change()"),
        *[
            migrations.RunSQL(_trigger(table), f"DROP TRIGGER {table}_no_change ON {table}")
            for table in _TABLES
        ],
    ]
