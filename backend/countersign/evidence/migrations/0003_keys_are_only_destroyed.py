"""A content key is made and destroyed, and nothing else is ever done to it."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

_FUNCTION = """
CREATE FUNCTION evidence_key_only_destroyed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.destroyed_at IS NULL AND NEW.destroyed_at IS NOT NULL AND NEW.wrapped = ''::bytea
           AND (NEW.id, NEW.digest, NEW.kind, NEW.created_at)
               IS NOT DISTINCT FROM (OLD.id, OLD.digest, OLD.kind, OLD.created_at) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'content keys are made and destroyed: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER evidence_contentkey_only_destroyed BEFORE UPDATE OR DELETE ON evidence_contentkey
    FOR EACH ROW EXECUTE FUNCTION evidence_key_only_destroyed();
CREATE TRIGGER evidence_contentkey_no_truncate BEFORE TRUNCATE ON evidence_contentkey
    FOR EACH STATEMENT EXECUTE FUNCTION evidence_key_only_destroyed();
"""

_REVERSE = """
DROP TRIGGER evidence_contentkey_no_truncate ON evidence_contentkey;
DROP TRIGGER evidence_contentkey_only_destroyed ON evidence_contentkey;
DROP FUNCTION evidence_key_only_destroyed();
"""


class Migration(migrations.Migration):
    """One trigger for rows, one for the table."""

    dependencies: ClassVar = [("evidence", "0002_content_keys")]

    operations: ClassVar = [migrations.RunSQL(_FUNCTION, _REVERSE)]
