"""A person's key is made and destroyed, and nothing else is ever done to it; what was destroyed stays so."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models

_FUNCTION = """
CREATE FUNCTION audit_person_key_only_destroyed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.destroyed_at IS NULL AND NEW.destroyed_at IS NOT NULL AND NEW.secret = ''::bytea
           AND (NEW.key_id, NEW.person_id, NEW.created_at)
               IS NOT DISTINCT FROM (OLD.key_id, OLD.person_id, OLD.created_at) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'keys of persons are made and destroyed: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_personkey_only_destroyed BEFORE UPDATE OR DELETE ON audit_personkey
    FOR EACH ROW EXECUTE FUNCTION audit_person_key_only_destroyed();
CREATE TRIGGER audit_personkey_no_truncate BEFORE TRUNCATE ON audit_personkey
    FOR EACH STATEMENT EXECUTE FUNCTION audit_person_key_only_destroyed();
CREATE TRIGGER audit_personkey_destroyed AFTER UPDATE ON audit_personkey
    FOR EACH ROW EXECUTE FUNCTION audit_table_change('person_key', 'plain', 'key_id', '{}', '{}');
"""
_REVERSE = """
DROP TRIGGER audit_personkey_destroyed ON audit_personkey;
DROP TRIGGER audit_personkey_no_truncate ON audit_personkey;
DROP TRIGGER audit_personkey_only_destroyed ON audit_personkey;
DROP FUNCTION audit_person_key_only_destroyed();
"""


class Migration(migrations.Migration):
    """The moment of destruction, and the triggers."""

    dependencies: ClassVar = [("audit", "0005_events_by_trigger")]

    operations: ClassVar = [
        migrations.AddField("personkey", "destroyed_at", models.DateTimeField(null=True)),
        migrations.RunSQL(_FUNCTION, _REVERSE),
    ]
