"""Which page shows which model: every model of every room has one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.contrib import admin

from countersign.accounts.models import (
    ApiToken,
    DecidingCredential,
    OneTimeLogin,
    Person,
    RoleAssignment,
    User,
)
from countersign.audit.models import AuditEvent
from countersign.console.accounts import (
    ApiTokenAdmin,
    DecidingCredentialAdmin,
    OneTimeLoginAdmin,
    RoleAssignmentAdmin,
    UserAdmin,
)
from countersign.console.base import ReadOnlyAdmin
from countersign.console.persons import PersonAdmin
from countersign.console.platform import AuditEventAdmin, JobAdmin
from countersign.console.projects import ProjectAdmin
from countersign.jobs.models import Job
from countersign.projects.models import Project

if TYPE_CHECKING:
    from django.db.models import Model

PAGES: dict[type[Model], type[ReadOnlyAdmin]] = {
    ApiToken: ApiTokenAdmin,
    AuditEvent: AuditEventAdmin,
    DecidingCredential: DecidingCredentialAdmin,
    Job: JobAdmin,
    OneTimeLogin: OneTimeLoginAdmin,
    Person: PersonAdmin,
    Project: ProjectAdmin,
    RoleAssignment: RoleAssignmentAdmin,
    User: UserAdmin,
}


def models_register() -> None:
    """Give every model of the platform its page; what has no page of its own is shown read-only."""
    for config in apps.get_app_configs():
        if config.name.startswith("countersign."):
            for model in config.get_models():
                admin.site.register(model, PAGES.get(model, ReadOnlyAdmin))
