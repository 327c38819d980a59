"""Exceptions from rules and the modes of rules: what waits is judged anew by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from countersign.accounts.policies import require
from countersign.governance.services import rule_mode_set
from countersign.governance.waivers import waiver_grant, waiver_revoke
from countersign.jobs.services import job_submit_once
from countersign.projects.selectors import project_list
from countersign.runs.queue import queue_list
from countersign.runs.selectors import run_get
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.queueing import queue_ask

if TYPE_CHECKING:
    from datetime import datetime

    from countersign.governance.contracts import RuleData, RuleMode, WaiverData
    from countersign.shared.actor import Actor

KIND: Final = "exception.follow"


def exception_grant(
    *,
    actor: Actor,
    rule: str,
    reason: str,
    compensating_controls: tuple[str, ...],
    expires_at: datetime,
    run_id: str = "",
    paths: tuple[str, ...] = (),
) -> WaiverData:
    """Grant an exception; changes that it lets pass get a new pack as soon as the log has signed it.

    Raises:
        PermissionDenied: the actor is no person who reviews security.
        RunNotFound: there is no such run.
        RuleNotFound: there is no such rule.
        WaiverInvalid: it lacks what every exception needs, or is about the governance core.
    """
    require(actor, "exception.write")
    granted = waiver_grant(
        actor=actor,
        rule=rule,
        reason=reason,
        compensating_controls=compensating_controls,
        expires_at=expires_at,
        run_id=run_get(actor=actor, run_id=run_id).id if run_id else None,
        paths=paths,
    )
    _follow(actor, granted, ended=False)
    return granted


def exception_revoke(*, actor: Actor, exception_id: str, reason: str) -> WaiverData:
    """End an exception early; what rests on it and waits gets a new pack.

    Raises:
        PermissionDenied: the actor is no person who reviews security.
        WaiverNotFound: there is no such exception.
        WaiverInvalid: no reason was given.
        WaiverEnded: it has ended already.
    """
    ended = waiver_revoke(actor=actor, waiver_id=exception_id, reason=reason)
    _follow(actor, ended, ended=True)
    return ended


def rule_mode_change(*, actor: Actor, code: str, mode: RuleMode, reason: str) -> RuleData:
    """Give a rule another mode; what waits under the old one gets a new pack.

    Raises:
        PermissionDenied: the actor may not change rules.
        ReasonMissing: no reason was given.
        RuleNotFound: there is no such rule.
        GovernanceCoreProtected: the rule belongs to the governance core.
    """
    changed = rule_mode_set(actor=actor, code=code, mode=mode, reason=reason)
    queues_ask()
    return changed


def queues_ask(run_id: str = "") -> None:
    """Let what waits be looked at: in the project of one run, or everywhere."""
    if run_id:
        queue_ask(run_get(actor=EXECUTOR, run_id=run_id).project_id)
        return
    for project in project_list(actor=EXECUTOR):
        if project.state == "ready" and queue_list(actor=EXECUTOR, project_id=project.id):
            queue_ask(project.id)


def _follow(actor: Actor, waiver: WaiverData, *, ended: bool) -> None:
    job_submit_once(
        actor=actor,
        kind=KIND,
        # An end has its own: the grant's may still wait, and would not look for it.
        subject=("waiver_revocation" if ended else "waiver", waiver.id),
        payload={"waiver_id": waiver.id, "run_id": waiver.run_id or "", "ended": ended},
    )
