"""Addresses below ``/api/v1/``."""

from __future__ import annotations

from django.urls import path, re_path, register_converter
from drf_spectacular.views import SpectacularYAMLAPIView

from countersign.api import (
    approval_requests,
    audit,
    auth,
    break_glass,
    comments,
    deciding_credentials,
    exports,
    findings,
    health,
    me,
    packs,
    phases,
    plans,
    projects,
    prompts,
    rules,
    runs,
    sessions,
    tasks,
    work_items,
)
from countersign.api.converters import DigestConverter
from countersign.api.errors import not_found

register_converter(DigestConverter, "digest")

urlpatterns = [
    path("health/", health.HealthView.as_view()),
    path("openapi.yaml", SpectacularYAMLAPIView.as_view(), name="openapi"),
    path("auth/methods/", auth.LoginOfferView.as_view()),
    path("auth/login/", auth.PasswordLoginView.as_view()),
    path("auth/one-time-login/", auth.OneTimeLoginView.as_view()),
    path("auth/logout/", auth.LogoutView.as_view()),
    path("me/", me.MeView.as_view()),
    path("projects/", projects.ProjectListView.as_view()),
    path("projects/<slug:slug>/", projects.ProjectView.as_view()),
    path("projects/<slug:slug>/settings/", projects.ProjectSettingsView.as_view()),
    path("plans/", plans.PlanListView.as_view()),
    path("plans/<uuid:id>/", plans.PlanView.as_view()),
    path("phases/", phases.PhaseListView.as_view()),
    path("phases/<uuid:id>/", phases.PhaseView.as_view()),
    path("sessions/", sessions.SessionListView.as_view()),
    path("sessions/<uuid:id>/", sessions.SessionView.as_view()),
    path("findings/", findings.FindingListView.as_view()),
    path("work-items/", work_items.WorkItemListView.as_view()),
    path("work-items/<uuid:id>/runs/", work_items.WorkItemRunsView.as_view()),
    path("prompts/<uuid:id>/", prompts.PromptView.as_view()),
    path("personas/", prompts.PersonaListView.as_view()),
    path("rules/", rules.RuleListView.as_view()),
    path("runs/", runs.RunListView.as_view()),
    path("runs/<uuid:id>/", runs.RunView.as_view()),
    path("runs/<uuid:id>/diff/", runs.RunDiffView.as_view()),
    path("runs/<uuid:id>/events/", runs.RunEventsView.as_view()),
    path("approval-requests/", approval_requests.ApprovalRequestListView.as_view()),
    path("approval-requests/<uuid:id>/", approval_requests.ApprovalRequestView.as_view()),
    path("approval-requests/<uuid:id>/decisions/", approval_requests.DecisionsView.as_view()),
    path("approval-requests/<uuid:id>/decisions/prepare/", approval_requests.PreparationView.as_view()),
    path("approval-requests/<uuid:id>/comments/", comments.CommentsView.as_view()),
    path("deciding-credentials/", deciding_credentials.DecidingCredentialListView.as_view()),
    path("deciding-credentials/options/", deciding_credentials.EnrolmentOptionsView.as_view()),
    path("deciding-credentials/<uuid:id>/confirm/", deciding_credentials.ConfirmationView.as_view()),
    path("deciding-credentials/<uuid:id>/revoke/", deciding_credentials.RevocationView.as_view()),
    path("break-glass/", break_glass.BreakGlassListView.as_view()),
    path("break-glass/<uuid:id>/confirm/", break_glass.BreakGlassConfirmView.as_view()),
    path("break-glass/<uuid:id>/close/", break_glass.BreakGlassCloseView.as_view()),
    path("break-glass/<uuid:id>/review/", break_glass.BreakGlassReviewView.as_view()),
    path("packs/<digest:digest>/", packs.PackView.as_view()),
    path("packs/<digest:digest>/download/", packs.PackDownloadView.as_view()),
    path("packs/<digest:digest>/shred/", packs.PackShredView.as_view()),
    path("audit/events/", audit.AuditEventListView.as_view()),
    path("audit/checkpoint/", audit.AuditCheckpointView.as_view()),
    path("exports/", exports.ExportListView.as_view()),
    path("tasks/<uuid:id>/status/", tasks.TaskStatusView.as_view()),
    path("tasks/<uuid:id>/status", tasks.TaskStatusView.as_view(schema=None)),
    re_path(r".*", not_found),
]
