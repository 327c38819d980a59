"""Reads of analysis sessions and findings."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from countersign.accounts.policies import require
from countersign.findings.contracts import FindingData, HookExecutionData, HookStatus, SessionData, Severity
from countersign.findings.errors import SessionNotFound
from countersign.findings.models import AnalysisSession, Finding, HookExecution
from countersign.projects.selectors import project_get, project_list
from countersign.shared.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from django.db.models import QuerySet

    from countersign.shared.actor import Actor


def session_get(*, actor: Actor, session_id: str) -> SessionData:
    """Return a session.

    Raises:
        PermissionDenied: the actor may not read.
        SessionNotFound: there is none, or the actor may not see its project.
    """
    require(actor, "read")
    return session_data(_session(actor, session_id))


def session_list(*, actor: Actor, project_id: str | None = None, limit: int = 50) -> tuple[SessionData, ...]:
    """Return the sessions of the projects that the actor may see, newest first.

    Raises:
        PermissionDenied: the actor may not read.
    """
    require(actor, "read")
    visible = {project.id for project in project_list(actor=actor)}
    chosen = visible if project_id is None else visible & {project_id}
    sessions = (
        AnalysisSession.objects.filter(project_id__in=chosen)
        .prefetch_related("hooks")
        .order_by("-created_at", "id")[:limit]
    )
    return tuple(session_data(session) for session in sessions)


def session_projects(*, actor: Actor, session_ids: Iterable[str]) -> dict[str, str]:
    """Return the ids of the projects of sessions, by the session's id.

    Raises:
        PermissionDenied: the actor may not read.
    """
    require(actor, "read")
    rows = AnalysisSession.objects.filter(pk__in=list(session_ids)).values_list("id", "project_id")
    return {str(session_id): str(project_id) for session_id, project_id in rows}


def finding_list(
    *,
    actor: Actor,
    session_id: str,
    tool: str | None = None,
    rule: str | None = None,
    path_prefix: str | None = None,
    fixable: bool | None = None,
) -> tuple[FindingData, ...]:
    """Return a session's findings in the order of path, line, column and rule.

    Raises:
        PermissionDenied: the actor may not read.
        SessionNotFound: there is no such session, or the actor may not see its project.
    """
    require(actor, "read")
    rows = Finding.objects.filter(session=_session(actor, session_id))
    if tool is not None:
        rows = rows.filter(tool=tool)
    if rule is not None:
        rows = rows.filter(rule=rule)
    if path_prefix is not None:
        rows = rows.filter(path__startswith=path_prefix)
    if fixable is not None:
        rows = rows.filter(fixable=fixable)
    return _findings(rows)


def findings_by_ids(*, actor: Actor, finding_ids: Collection[str]) -> tuple[FindingData, ...]:
    """Return those of the findings that the actor may see; ids of others are left out.

    Raises:
        PermissionDenied: the actor may not read.
    """
    require(actor, "read")
    visible = [project.id for project in project_list(actor=actor)]
    return _findings(Finding.objects.filter(pk__in=finding_ids, session__project_id__in=visible))


def _session(actor: Actor, session_id: str) -> AnalysisSession:
    try:
        key = uuid.UUID(session_id)
    except ValueError:
        key = uuid.UUID(int=0)
    session = AnalysisSession.objects.prefetch_related("hooks").filter(pk=key).first()
    if session is None:
        raise SessionNotFound("there is no such analysis session", session_id=session_id)
    try:
        project_get(actor=actor, project=str(session.project_id))
    except NotFound as error:
        raise SessionNotFound("there is no such analysis session", session_id=session_id) from error
    return session


def _findings(rows: QuerySet[Finding]) -> tuple[FindingData, ...]:
    return tuple(finding_data(row) for row in rows.order_by("path", "line", "column", "rule", "fingerprint"))


def finding_data(row: Finding) -> FindingData:
    """Return a stored finding as data."""
    return FindingData(
        id=str(row.id),
        tool=row.tool,
        rule=row.rule,
        path=row.path,
        line=row.line,
        column=row.column,
        end_line=row.end_line,
        message=row.message,
        severity=Severity(row.severity),
        fixable=row.fixable,
        fingerprint=row.fingerprint,
        snippet_digest=row.snippet_digest,
    )


def session_data(session: AnalysisSession) -> SessionData:
    """Return a stored session as data."""
    return SessionData(
        id=str(session.id),
        project_id=str(session.project_id),
        commit=session.commit,
        state=session.state,
        counts=dict(session.counts),
        reason=session.reason,
        hooks=tuple(_hook_data(hook) for hook in sorted(session.hooks.all(), key=lambda hook: hook.tool)),
        created_at=session.created_at,
        updated_at=session.updated_at,
    )


def _hook_data(hook: HookExecution) -> HookExecutionData:
    return HookExecutionData(
        id=str(hook.id),
        tool=hook.tool,
        version=hook.version,
        command=hook.command,
        exit_code=hook.exit_code,
        duration_ms=hook.duration_ms,
        findings_count=hook.findings_count,
        output_digest=hook.output_digest,
        status=HookStatus(hook.status),
        reason=hook.reason,
    )
