"""What the roles of running processes may do with what only grows: add to it, at the place that the database says.

The migration's own role owns everything; no running process has it.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

from countersign.shared.append_only import append_only

# Written once and never touched again: decisions, and what they rest on.
_ADDED = (
    "approvals_decision",
    "evidence_addendum",
    "evidence_evidencepack",
    "findings_finding",
    "findings_hookexecution",
    "gates_gateresult",
    "plans_projectstateentry",
    "providers_agentcall",
    "runs_attempt",
)
# Their rows are kept by triggers since they were made; a role needs no right that it can't use.
_KEPT = (
    "governance_document",
    "governance_rule",
    "governance_ruleset",
    "governance_violation",
    "governance_waiver",
    "prompts_persona",
    "prompts_prompt",
    "prompts_templateversion",
)
# An event's number and transaction are the database's to say: with another one it would stand before others, or
# below what the sequencer has passed, and never be sequenced.
_EVENT_COLUMNS = "event_id, recorded_at, type, actor_kind, actor_id, person_id, subject_type, subject_id, correlation_id, body"
_GRANTS = f"""
DO $$
DECLARE
    runtime text;
BEGIN
    FOR runtime IN SELECT rolname FROM pg_roles WHERE rolname IN ('countersign_app', 'countersign_signer') LOOP
        EXECUTE format('REVOKE INSERT ON audit_auditevent FROM %I', runtime);
        EXECUTE format('GRANT INSERT ({_EVENT_COLUMNS}) ON audit_auditevent TO %I', runtime);
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'countersign_app') THEN
        REVOKE UPDATE, DELETE ON {", ".join(_KEPT)} FROM countersign_app;
        GRANT UPDATE (label) ON prompts_templateversion TO countersign_app;
        REVOKE UPDATE, DELETE ON audit_personkey FROM countersign_app;
        GRANT UPDATE (secret, destroyed_at) ON audit_personkey TO countersign_app;
        REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM countersign_app;
    END IF;
END
$$;
"""  # noqa: S608 - constants


def _no_truncate(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION rows_refuse_change()",
        f"DROP TRIGGER {table}_no_truncate ON {table}",
    )


class Migration(migrations.Migration):
    """Triggers against change, and grants that leave nothing to refuse."""

    dependencies: ClassVar = [
        ("platform", "0001_tables_of_libraries"),
        ("audit", "0006_person_keys"),
        ("approvals", "0007_decision_signatures"),
        ("evidence", "0003_keys_are_only_destroyed"),
        ("findings", "0001_initial"),
        ("gates", "0001_initial"),
        ("governance", "0002_versions_only_grow"),
        ("plans", "0001_initial"),
        ("prompts", "0002_versions_only_grow"),
        ("providers", "0001_initial"),
        ("runs", "0002_beside"),
    ]

    operations: ClassVar = [
        *[operation for table in _ADDED for operation in append_only(table)],
        *[_no_truncate(table) for table in _KEPT],
        migrations.RunSQL(_GRANTS, migrations.RunSQL.noop),
    ]
