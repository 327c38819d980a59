"""Exceptions from rules: those in force, those that were, and what each is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.accounts.policies import may
from countersign.accounts.selectors import person_names
from countersign.governance.contracts import RuleMode
from countersign.governance.selectors import rule_list, waiver_list
from countersign.runs.errors import RunNotFound
from countersign.runs.selectors import run_get
from countersign.shared.clock import now
from countersign.workflow.contracts.exceptions import ExceptableRule, ExceptionsView, ExceptionView
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.relaxing import exception_stands, relaxations_signed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from countersign.governance.contracts import WaiverData
    from countersign.runs.contracts import RunData
    from countersign.shared.actor import Actor
    from countersign.workflow.contracts.exceptions import ExceptionState
    from countersign_verify.relaxed import Relaxations


def exceptions_view(*, actor: Actor) -> ExceptionsView:
    """Return all exceptions, and what the viewer may do.

    Raises:
        PermissionDenied: the actor may not read.
        LogDamaged: the tables of the log are not what was signed.
        RulesUnlogged: the log tells of an exception or a mode that can't be.
    """
    rules = rule_list(actor)
    return ExceptionsView(
        results=_views(actor, waiver_list(actor), {rule.code: rule.title for rule in rules}),
        may_grant=may(actor, "exception.write") and actor.kind == "person",
        rules=tuple(
            ExceptableRule(rule.code, rule.title)
            for rule in rules
            if not rule.core and rule.mode is RuleMode.ENFORCE
        ),
    )


def exception_view(*, actor: Actor, waiver: WaiverData) -> ExceptionView:
    """Return one exception as the viewer sees it.

    Raises:
        PermissionDenied: the actor may not read.
        LogDamaged: the tables of the log are not what was signed.
        RulesUnlogged: the log tells of an exception or a mode that can't be.
    """
    return _views(actor, (waiver,), {rule.code: rule.title for rule in rule_list(actor)})[0]


def _views(actor: Actor, waivers: Iterable[WaiverData], titles: dict[str, str]) -> tuple[ExceptionView, ...]:
    found = tuple(waivers)
    names = person_names(
        {person for item in found for person in (item.reviewer_person, item.revoked_by) if person}
    )
    logged = relaxations_signed() if found else None
    runs = {item.run_id: _run(item.run_id) for item in found if item.run_id}
    views = []
    for item in found:
        run, state = runs.get(item.run_id or ""), _state(item, logged)
        views.append(
            ExceptionView(
                id=item.id,
                state=state,
                rule=item.rule,
                rule_title=titles.get(item.rule, item.rule),
                run_id=item.run_id,
                run_title=run.title if run else None,
                request_id=run.request_id if run and run.request_id else None,
                paths=item.paths,
                reason=item.reason,
                compensating_controls=item.compensating_controls,
                granted_by=names.get(item.reviewer_person, "unknown"),
                granted_at=item.granted_at,
                expires_at=item.expires_at,
                revoked_by=names.get(item.revoked_by, "unknown") if item.revoked_at else None,
                revoked_at=item.revoked_at,
                revoke_reason=item.revoke_reason,
                may_revoke=state in {"unsigned", "in_force"} and may(actor, "exception.write"),
            )
        )
    return tuple(views)


def _run(run_id: str) -> RunData | None:
    try:
        return run_get(actor=EXECUTOR, run_id=run_id)
    except RunNotFound:
        return None


def _state(waiver: WaiverData, logged: Relaxations | None) -> ExceptionState:
    if waiver.revoked_at is not None:
        return "revoked"
    if waiver.expires_at <= now():
        return "expired"
    return "in_force" if logged is not None and exception_stands(waiver, logged) else "unsigned"
