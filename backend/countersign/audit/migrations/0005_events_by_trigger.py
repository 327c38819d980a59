"""Functions that write an event for a change of a table: what triggers on tables of libraries call.

The body is the same RFC 8785 canonical JSON that ``record()`` writes, so the sequencer and the verifier see
no difference. Names are looked up in these schemas alone: a table or function that somebody puts in front of
ours is not found.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

# to_json(text) escapes what RFC 8785 escapes, in the same way, and nothing else.
# Given in any other form than the canonical one, an actor would leave an event that no verifier reads.
_ACTOR = """
CREATE FUNCTION audit_actor() RETURNS jsonb LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    given text := nullif(current_setting('countersign.actor', true), '');
    actor jsonb;
BEGIN
    IF given IS NULL THEN
        RETURN '{"kind": "service", "id": "database", "label": "database", "person_id": null,
                 "roles": [], "token_id": null, "unattended": false}';
    END IF;
    actor := given::jsonb;
    IF audit_actor_text(actor) IS DISTINCT FROM given
        OR actor->>'kind' NOT IN ('person', 'service', 'agent')
        OR jsonb_typeof(actor->'unattended') <> 'boolean'
        OR (actor->>'person_id' IS NOT NULL AND jsonb_typeof(actor->'label') <> 'object') THEN
        RAISE EXCEPTION 'the setting countersign.actor names no actor in its canonical form'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN actor;
END
$$;
"""
_ACTOR_TEXT = """
CREATE FUNCTION audit_actor_text(actor jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN '{"id":' || to_json(actor->>'id')
        || ',"kind":' || to_json(actor->>'kind')
        || ',"label":' || CASE jsonb_typeof(actor->'label')
            WHEN 'object' THEN '{"ciphertext":' || to_json(actor->'label'->>'ciphertext')
                || ',"key":' || to_json(actor->'label'->>'key')
                || ',"nonce":' || to_json(actor->'label'->>'nonce') || '}'
            ELSE to_json(actor->>'label')::text END
        || ',"person_id":' || coalesce(to_json(actor->>'person_id')::text, 'null')
        || ',"roles":[' || coalesce((SELECT string_agg(to_json(role)::text, ',' ORDER BY place)
            FROM jsonb_array_elements_text(actor->'roles') WITH ORDINALITY AS held(role, place)), '')
        || '],"token_id":' || coalesce(to_json(actor->>'token_id')::text, 'null')
        || ',"unattended":' || (actor->>'unattended') || '}';
END
$$;
"""
# The names of columns are plain ASCII, so their order in bytes is the order that RFC 8785 asks for.
_VALUES_TEXT = """
CREATE FUNCTION audit_values_text(holder jsonb, names text[]) RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT '{' || coalesce(string_agg(
        to_json(name) || ':' || CASE jsonb_typeof(holder->name)
            WHEN 'boolean' THEN holder->>name
            WHEN 'null' THEN 'null'
            ELSE CASE WHEN jsonb_typeof(holder->name) = 'number'
                AND holder->>name ~ '^(0|-?[1-9][0-9]{0,14})$' THEN holder->>name
                ELSE to_json(holder->>name)::text END
        END, ',' ORDER BY name COLLATE "C"), '') || '}'
    FROM unnest(names) AS told(name)
$$;
"""
_WRITE = """
CREATE FUNCTION audit_write(action text, noun text, subject text, data text) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    actor jsonb := audit_actor();
    correlation text := coalesce(current_setting('countersign.correlation_id', true), '');
    event_id uuid := gen_random_uuid();
    moment timestamptz := clock_timestamp();
    kind text := 'database.' || noun || '.' || action;
BEGIN
    INSERT INTO public.audit_auditevent (event_id, recorded_at, type, actor_kind, actor_id, person_id,
        subject_type, subject_id, correlation_id, body)
    VALUES (event_id, moment, kind, actor->>'kind', actor->>'id', (actor->>'person_id')::uuid,
        noun, subject, correlation, convert_to(
            '{"actor":' || audit_actor_text(actor)
            || ',"correlation_id":' || to_json(correlation)
            || ',"data":' || data
            || ',"id":"' || event_id
            || '","subject":{"id":' || to_json(subject) || ',"type":"' || noun
            || '"},"time":"' || to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            || '","type":"' || kind || '","v":1}', 'UTF8'));
END
$$;
"""
_CHANGE = """
CREATE FUNCTION audit_table_change() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    noun text := TG_ARGV[0];
    key text := TG_ARGV[2];
    told text[] := TG_ARGV[3]::text[];
    quiet text[] := TG_ARGV[4]::text[];
    before jsonb := CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END;
    after jsonb := CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END;
    subject text := coalesce(after, before)->>key;
    changed text[];
    data text := '"database_role":' || to_json(session_user::text);
BEGIN
    IF TG_ARGV[1] = 'sha256' THEN
        subject := 'sha256:' || encode(sha256(convert_to(subject, 'UTF8')), 'hex');
    END IF;
    IF TG_OP = 'UPDATE' THEN
        changed := ARRAY(SELECT name FROM jsonb_each(after) AS now(name, value)
            WHERE value IS DISTINCT FROM before->name ORDER BY name COLLATE "C");
        IF changed <@ quiet THEN
            RETURN NULL;
        END IF;
        IF TG_ARGV[1] = 'plain' THEN
            told := told || key;
        END IF;
        told := ARRAY(SELECT unnest(told) INTERSECT SELECT unnest(changed));
        data := '"changed":' || array_to_json(changed) || ',' || data;
    END IF;
    IF after IS NOT NULL THEN
        data := data || ',"now":' || audit_values_text(after, told);
    END IF;
    IF before IS NOT NULL THEN
        data := data || ',"was":' || audit_values_text(before, told);
    END IF;
    PERFORM audit_write(
        CASE TG_OP WHEN 'INSERT' THEN 'created' WHEN 'UPDATE' THEN 'changed' ELSE 'deleted' END,
        noun, subject, '{' || data || '}');
    RETURN NULL;
END
$$;
"""
# The table's name stands between quotes: it comes from the catalogue, not from whoever empties the table.
_TRUNCATE = """
CREATE FUNCTION audit_table_truncate() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    gone bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM %I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME) INTO gone;
    PERFORM audit_write('truncated', TG_ARGV[0], TG_TABLE_NAME,
        '{"database_role":' || to_json(session_user::text) || ',"rows":' || gone || '}');
    RETURN NULL;
END
$$;
"""


class Migration(migrations.Migration):
    """The functions; which tables they watch is said where the platform is put together."""

    dependencies: ClassVar = [("audit", "0004_search")]

    operations: ClassVar = [
        migrations.RunSQL(_ACTOR_TEXT, "DROP FUNCTION audit_actor_text(jsonb)"),
        migrations.RunSQL(_ACTOR, "DROP FUNCTION audit_actor()"),
        migrations.RunSQL(_VALUES_TEXT, "DROP FUNCTION audit_values_text(jsonb, text[])"),
        migrations.RunSQL(_WRITE, "DROP FUNCTION audit_write(text, text, text, text)"),
        migrations.RunSQL(_CHANGE, "DROP FUNCTION audit_table_change()"),
        migrations.RunSQL(_TRUNCATE, "DROP FUNCTION audit_table_truncate()"),
    ]
