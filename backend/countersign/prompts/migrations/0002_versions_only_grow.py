"""Personas, template versions and prompts are only ever added to; of a template version the label may move."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

_FUNCTION = """
CREATE FUNCTION prompts_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'prompts_templateversion' THEN
        IF to_jsonb(NEW) - 'label' = to_jsonb(OLD) - 'label' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'versions are immutable: % on % is refused; write a new version', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;
"""

_TABLES = ("prompts_persona", "prompts_templateversion", "prompts_prompt")


def _trigger(table: str) -> str:
    return f"""
    CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION prompts_refuse_change();
    """


class Migration(migrations.Migration):
    """One trigger a table."""

    dependencies: ClassVar = [("prompts", "0001_initial")]

    operations: ClassVar = [
        migrations.RunSQL(_FUNCTION, "DROP FUNCTION prompts_refuse_change()"),
        *[
            migrations.RunSQL(_trigger(table), f"DROP TRIGGER {table}_no_change ON {table}")
            for table in _TABLES
        ],
    ]
