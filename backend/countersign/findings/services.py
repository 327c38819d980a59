"""Writes of analysis sessions: each one transaction, with its audit event inside."""

from __future__ import annotations

import shlex
import uuid
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count
from django.db.models.functions import Now

from countersign.accounts.policies import require
from countersign.audit.services import record
from countersign.findings.errors import SessionNotFound, SessionStateConflict
from countersign.findings.models import OPEN_STATES, AnalysisSession, Finding, HookExecution, SessionState
from countersign.findings.selectors import session_data
from countersign.jobs.services import lease_check

if TYPE_CHECKING:
    from collections.abc import Collection

    from countersign.findings.contracts import HookResult, SessionData
    from countersign.jobs.contracts import Lease
    from countersign.shared.actor import Actor

# Below what a statement of PostgreSQL takes in parameters.
_BATCH = 2000
_MAX_REASON = 2000


@transaction.atomic(durable=True)
def session_create(*, actor: Actor, project_id: str, commit: str) -> SessionData:
    """Open a session over a commit of a project.

    Raises:
        PermissionDenied: the actor may not start analyses.
    """
    require(actor, "session.write")
    session = AnalysisSession.objects.create(project_id=uuid.UUID(project_id), commit=commit)
    session.refresh_from_db()
    record(
        actor=actor,
        type="analysis_session.created",
        subject=("analysis_session", str(session.id)),
        data={"project": project_id, "commit": commit},
    )
    return session_data(session)


@transaction.atomic(durable=True)
def session_start(*, actor: Actor, lease: Lease, session_id: str, commit: str) -> None:
    """Begin a session on ``commit``, or go on with one that another worker began.

    Raises:
        LeaseLost: another worker holds the job now.
        SessionNotFound: there is no such session.
        SessionStateConflict: it has ended already.
    """
    lease_check(lease)
    if AnalysisSession.objects.filter(pk=session_id, state=SessionState.RUNNING).exists():
        return
    _move(session_id, expected=(SessionState.PENDING,), state=SessionState.RUNNING, commit=commit)
    record(
        actor=actor,
        type="analysis_session.started",
        subject=("analysis_session", session_id),
        data={"commit": commit},
    )


@transaction.atomic(durable=True)
def hook_record(*, actor: Actor, lease: Lease, session_id: str, result: HookResult) -> str:
    """Store what a tool said, and its findings; return the id of the record.

    The first answer of a tool stands: a step that is repeated stores nothing again.

    Raises:
        LeaseLost: another worker holds the job now.
        SessionNotFound: there is no such session.
        SessionStateConflict: it is not running.
    """
    lease_check(lease)
    _move(session_id, expected=(SessionState.RUNNING,), state=SessionState.RUNNING)
    earlier = HookExecution.objects.filter(session=uuid.UUID(session_id), tool=result.tool).first()
    if earlier is not None:
        return str(earlier.id)
    hook = HookExecution.objects.create(
        session_id=session_id,
        tool=result.tool,
        version=result.version,
        command=shlex.join(result.argv),
        exit_code=result.exit_code,
        duration_ms=result.duration_ms,
        findings_count=len(result.findings),
        output_digest=result.output_digest,
        config_digest=result.config_digest,
        status=result.status.value,
        reason=result.reason[:_MAX_REASON],
    )
    Finding.objects.bulk_create(
        [
            Finding(
                session_id=session_id,
                tool=one.tool,
                rule=one.rule,
                path=one.path,
                line=one.line,
                column=one.column,
                end_line=one.end_line,
                message=one.message,
                severity=one.severity.value,
                fixable=one.fixable,
                fingerprint=one.fingerprint,
                snippet_digest=one.snippet_digest,
            )
            for one in result.findings
        ],
        batch_size=_BATCH,
    )
    record(
        actor=actor,
        type="analysis_hook.recorded",
        subject=("analysis_session", session_id),
        data={
            "tool": result.tool,
            "version": result.version,
            "status": result.status.value,
            "findings": len(result.findings),
            "config": result.config_digest,
            "output": result.output_digest,
        },
    )
    return str(hook.id)


@transaction.atomic(durable=True)
def session_complete(
    *, actor: Actor, lease: Lease, session_id: str, tools: Collection[str] = ("ruff", "bandit")
) -> SessionData:
    """End a session well: every tool that was asked for has answered.

    Raises:
        LeaseLost: another worker holds the job now.
        SessionNotFound: there is no such session.
        SessionStateConflict: it is not running, or a tool is missing or failed.
    """
    lease_check(lease)
    answers = dict(HookExecution.objects.filter(session=uuid.UUID(session_id)).values_list("tool", "status"))
    unanswered = sorted(tool for tool in {*tools, *answers} if answers.get(tool) != "ok")
    if unanswered and AnalysisSession.objects.filter(pk=session_id).exists():
        names = ", ".join(unanswered)
        raise SessionStateConflict(f"no usable answer of {names}; fail the session instead", tools=unanswered)
    rows = Finding.objects.filter(session=uuid.UUID(session_id)).values_list("tool").annotate(Count("id"))
    counts = {**dict.fromkeys(sorted(answers), 0), **dict(rows)}
    _move(session_id, expected=(SessionState.RUNNING,), state=SessionState.COMPLETED, counts=counts)
    record(
        actor=actor,
        type="analysis_session.completed",
        subject=("analysis_session", session_id),
        data={"counts": counts},
    )
    return session_data(AnalysisSession.objects.prefetch_related("hooks").get(pk=session_id))


@transaction.atomic(durable=True)
def session_fail(*, actor: Actor, lease: Lease, session_id: str, reason: str) -> None:
    """End a session that can't go on; what was found stays, and counts for nothing.

    Raises:
        LeaseLost: another worker holds the job now.
        SessionNotFound: there is no such session.
        SessionStateConflict: it has ended already.
    """
    lease_check(lease)
    _move(session_id, expected=OPEN_STATES, state=SessionState.FAILED, reason=reason[:_MAX_REASON])
    record(
        actor=actor,
        type="analysis_session.failed",
        subject=("analysis_session", session_id),
        data={"reason": reason[:_MAX_REASON]},
    )


def _move(session_id: str, *, expected: Collection[SessionState], **changes: object) -> None:
    moved = AnalysisSession.objects.filter(pk=session_id, state__in=expected).update(
        updated_at=Now(), **changes
    )
    if moved:
        return
    state = AnalysisSession.objects.filter(pk=session_id).values_list("state", flat=True).first()
    if state is None:
        raise SessionNotFound("there is no such analysis session", session_id=session_id)
    raise SessionStateConflict(f"the analysis session is {state}", session_id=session_id, state=state)
