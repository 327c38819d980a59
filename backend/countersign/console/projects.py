"""Projects in the console: what becomes of decisions when a branch moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.admin import action, display

from countersign.console.base import ReadOnlyAdmin
from countersign.console.site import console_actor
from countersign.shared.errors import DomainError
from countersign.workflow.commands import project_configure

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from countersign.projects.models import Project


class ProjectAdmin(ReadOnlyAdmin):
    """Shows projects, and sets what becomes of their decisions."""

    search_fields = ("slug", "name")
    list_display = ("name", "state", "trial", "created_at")
    actions = ("make_strict", "let_carry_over")

    @display(description="trial")
    def trial(self, project: Project) -> str:
        """Say where one person decides alone, and where that is merged to."""
        if project.settings.get("trial") is not True:
            return "no"
        return f"self-approved, to {project.default_branch or 'trial/'} only"

    @action(description="Strict: any move of the branch voids decisions")
    def make_strict(self, request: HttpRequest, queryset: QuerySet[Project]) -> None:
        """Void decisions at any move of the branch."""
        self._configure(request, queryset, "strict")

    @action(description="Carry decisions over where that is allowed")
    def let_carry_over(self, request: HttpRequest, queryset: QuerySet[Project]) -> None:
        """Carry decisions over."""
        self._configure(request, queryset, "carry_over")

    def _configure(self, request: HttpRequest, queryset: QuerySet[Project], base_move: str) -> None:
        for project in queryset:
            try:
                project_configure(
                    actor=console_actor(request), project=str(project.pk), settings={"base_move": base_move}
                )
            except DomainError as error:
                messages.error(request, f"{project}: {error.message}")
