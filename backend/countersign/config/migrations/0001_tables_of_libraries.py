"""Every table that a library writes tells the audit log of each change, by trigger.

A table that comes with a later library gets its trigger in a later migration; a test names those without one.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations

from countersign.audit.triggers import AuditedTable, table_audited

_TABLES = (
    # Users are rows of ours, which Django and django-allauth write as well: passwords, flags, last logins.
    AuditedTable(
        "accounts_user",
        "user",
        told=("person_id", "is_active", "is_staff", "is_superuser", "unattended"),
    ),
    AuditedTable("accounts_user_groups", "user_group", told=("user_id", "group_id")),
    AuditedTable("accounts_user_user_permissions", "user_permission", told=("user_id", "permission_id")),
    AuditedTable("auth_group", "group", told=("name",)),
    AuditedTable("auth_group_permissions", "group_permission", told=("group_id", "permission_id")),
    AuditedTable("auth_permission", "permission", told=("codename", "content_type_id")),
    AuditedTable("account_emailaddress", "email_address", told=("user_id", "verified", "primary")),
    AuditedTable("account_emailconfirmation", "email_confirmation", told=("email_address_id",)),
    AuditedTable("mfa_authenticator", "second_factor", told=("type", "user_id")),
    AuditedTable("socialaccount_socialaccount", "single_sign_on_account", told=("provider", "user_id")),
    AuditedTable(
        "socialaccount_socialapp", "single_sign_on_provider", told=("provider", "provider_id", "name")
    ),
    AuditedTable("socialaccount_socialtoken", "single_sign_on_token", told=("account_id", "app_id")),
    # Failures are counted under the digest of an address, the same that a refused login is recorded with.
    AuditedTable("axes_accessattempt", "login_failures", told=("username", "failures_since_start")),
    AuditedTable("axes_accessattemptexpiration", "login_failures_expiry", key="access_attempt_id"),
    AuditedTable("axes_accessfailurelog", "login_failure", told=("locked_out",)),
    AuditedTable("axes_accesslog", "login"),
    # That a session is used moves its end and nothing else.
    AuditedTable("django_session", "session", key="session_key", secret_key=True, quiet=("expire_date",)),
    AuditedTable(
        "django_admin_log", "console_entry", told=("user_id", "action_flag", "content_type_id", "object_id")
    ),
    AuditedTable("django_content_type", "content_type", told=("app_label", "model")),
    # Who changed the schema, and when.
    AuditedTable("django_migrations", "migration", told=("app", "name")),
    # Destroying a key erases a person from the log; that it was made is told by the events that need it.
    AuditedTable("audit_personkey", "person_key", key="key_id", told=("person_id",), only_deleted=True),
)


class Migration(migrations.Migration):
    """A trigger for rows and one for TRUNCATE on each table."""

    initial = True
    dependencies: ClassVar = [
        ("audit", "0005_events_by_trigger"),
        ("accounts", "0001_initial"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("axes", "0010_accessattemptexpiration"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("sessions", "0001_initial"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
    ]

    operations: ClassVar = [table_audited(table) for table in _TABLES]
