"""Projects: governed repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from countersign.api.authentication import actor_of
from countersign.api.base import Accepted, ApiView, Input, Output, accepted, answer, body_of, query_of
from countersign.api.idempotency import idempotent
from countersign.api.pagination import PAGE_PARAMETERS, PageInput, page_answer, paginated
from countersign.api.parts import ISOLATIONS
from countersign.projects.selectors import project_get, project_list
from countersign.projects.settings import (
    BASE_MOVES,
    MAX_DECIDE_HOURS,
    MAX_OWNERS,
    MAX_SLOT_MINUTES,
    PASSKEYS,
    settings_with_defaults,
)
from countersign.shared.paging import sequence_page
from countersign.workflow import commands

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rest_framework.request import Request
    from rest_framework.response import Response

    from countersign.projects.contracts import BaselineData, ProjectData

PROJECT_FILTER = OpenApiParameter("project", str, description="slug or id of a project")


BASELINE_STATUSES = ("passed", "failed", "unknown")
PROJECT_STATES = ("registering", "ready", "failed")


class Baseline(Output):
    """How the project's own tests ended before anything was changed."""

    status = serializers.ChoiceField(choices=BASELINE_STATUSES)
    reason = serializers.CharField()
    passed = serializers.IntegerField()
    failed = serializers.IntegerField()
    duration_ms = serializers.IntegerField()
    commit = serializers.CharField()


class Calendar(Output):
    """When people work: a deadline counts these hours alone."""

    country = serializers.CharField(help_text="whose public holidays are left out; none where empty")
    subdivision = serializers.CharField(help_text="region of the country")
    timezone = serializers.CharField(help_text="IANA name of the zone in which start and end are meant")
    days = serializers.ListField(child=serializers.IntegerField(), help_text="0 is Monday")
    start = serializers.CharField(help_text="HH:MM")
    end = serializers.CharField(help_text="HH:MM")


class CalendarInput(Input):
    """A calendar; what is left out has its default. What exists is the service's to say."""

    country = serializers.CharField(max_length=10, allow_blank=True, required=False)
    subdivision = serializers.CharField(max_length=20, allow_blank=True, required=False)
    timezone = serializers.CharField(max_length=100, required=False)
    days = serializers.ListField(child=serializers.IntegerField(), max_length=7, required=False)
    start = serializers.CharField(max_length=5, required=False)
    end = serializers.CharField(max_length=5, required=False)


class ProjectSettings(Output):
    """What can be set for a project."""

    base_move = serializers.ChoiceField(
        choices=BASE_MOVES,
        help_text="what a moved branch does to decisions: carried over where allowed, or void",
    )
    passkey = serializers.ChoiceField(
        choices=PASSKEYS,
        help_text="which decisions need the passkey of who decides: none, those of the CAB, or all",
    )
    slot_minutes = serializers.IntegerField(
        help_text="how long one change may hold the merge slot for itself; 0 lets none do so"
    )
    decide_within_hours = serializers.IntegerField(help_text="working hours until a request expires")
    calendar = Calendar()
    escalation = serializers.ListField(
        child=serializers.CharField(), help_text="ids of the persons who are told one after the other"
    )

    trial = serializers.BooleanField(
        help_text="one person tries the product alone; chosen at registration, and for good"
    )


class ProjectSettingsInput(Input):
    """The settings to change; what is left out stays."""

    base_move = serializers.ChoiceField(choices=BASE_MOVES, required=False)
    passkey = serializers.ChoiceField(choices=PASSKEYS, required=False)
    slot_minutes = serializers.IntegerField(min_value=0, max_value=MAX_SLOT_MINUTES, required=False)
    decide_within_hours = serializers.IntegerField(min_value=1, max_value=MAX_DECIDE_HOURS, required=False)
    calendar = CalendarInput(required=False)
    escalation = serializers.ListField(
        child=serializers.EmailField(),
        max_length=MAX_OWNERS,
        required=False,
        help_text="addresses of the persons to tell, in order",
    )


class Project(Output):
    """A project."""

    id = serializers.CharField()
    slug = serializers.CharField()
    name = serializers.CharField()
    default_branch = serializers.CharField()
    head_commit = serializers.CharField()
    state = serializers.ChoiceField(choices=PROJECT_STATES)
    isolation = serializers.ChoiceField(choices=ISOLATIONS)
    reason = serializers.CharField(help_text="why the registration failed; empty when it did not")
    baseline = Baseline(allow_null=True)
    settings = ProjectSettings()
    created_at = serializers.DateTimeField()


ProjectPage = paginated(Project)


class ProjectInput(Input):
    """A project to register."""

    # DRF takes declared fields off the class.
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=4096, help_text="path of a repository, directory or source archive"
    )
    name = serializers.CharField(max_length=200)
    isolation = serializers.ChoiceField(choices=ISOLATIONS, required=False)
    trial = serializers.BooleanField(
        default=False, help_text="self-approved changes are allowed, and merged to a branch under trial/ only"
    )


def project_view(project: ProjectData) -> Mapping[str, object]:
    """Return what the API shows of a project: its tests are counted, not listed."""
    return {
        "id": project.id,
        "slug": project.slug,
        "name": project.name,
        "default_branch": project.default_branch,
        "head_commit": project.head_commit,
        "state": project.state,
        "isolation": project.isolation,
        "reason": project.reason,
        "baseline": _baseline_view(project.baseline),
        "settings": settings_with_defaults(project.settings),
        "created_at": project.created_at,
    }


def _baseline_view(baseline: BaselineData | None) -> Mapping[str, object] | None:
    if baseline is None:
        return None
    outcomes = list(baseline.tests.values())
    return {
        "status": baseline.status,
        "reason": baseline.reason,
        "passed": outcomes.count("passed"),
        "failed": outcomes.count("failed") + outcomes.count("error"),
        "duration_ms": baseline.duration_ms,
        "commit": baseline.commit,
    }


class ProjectListView(ApiView):
    """All projects, and registering one."""

    writing = "project.write"

    @extend_schema(
        operation_id="projects_list",
        parameters=PAGE_PARAMETERS,
        responses=ProjectPage,
        summary="List projects",
    )
    def get(self, request: Request) -> Response:
        """Answer a page of projects."""
        query = query_of(PageInput, request)
        page = sequence_page(
            [project_view(project) for project in project_list(actor=actor_of(request))],
            after=query["cursor"],
            limit=query["limit"],
        )
        return page_answer(request, ProjectPage, page)

    @extend_schema(
        operation_id="projects_register",
        request=ProjectInput,
        responses={202: Accepted},
        summary="Register a project",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Take the project in; the task imports it, builds its environment and runs its tests."""
        body = body_of(ProjectInput, request)
        return accepted(commands.project_register(actor=actor_of(request), **body))


class ProjectView(ApiView):
    """One project."""

    @extend_schema(operation_id="projects_get", responses=Project, summary="Read a project")
    def get(self, request: Request, slug: str) -> Response:
        """Answer the project."""
        return answer(Project, project_view(project_get(actor=actor_of(request), project=slug)))


class ProjectSettingsView(ApiView):
    """The settings of a project."""

    writing = "project.write"

    @extend_schema(
        operation_id="projects_configure",
        request=ProjectSettingsInput,
        responses=Project,
        summary="Change settings of a project",
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Change what is named, and answer the project."""
        body = body_of(ProjectSettingsInput, request)
        changed = commands.project_configure(actor=actor_of(request), project=slug, settings=body)
        return answer(Project, project_view(changed))
