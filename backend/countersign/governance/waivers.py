"""Granting exceptions from rules, and ending them early."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from countersign.accounts.policies import require
from countersign.audit.services import record
from countersign.governance.core import CORE_RULES
from countersign.governance.errors import RuleNotFound, WaiverEnded, WaiverInvalid, WaiverNotFound
from countersign.governance.selectors import rules_newest, waiver_data
from countersign.governance.waiver_models import Waiver, WaiverRevocation
from countersign.shared.clock import isoformat, now
from countersign.shared.errors import PermissionDenied

if TYPE_CHECKING:
    from datetime import datetime

    from countersign.governance.contracts import WaiverData
    from countersign.shared.actor import Actor

MAX_TEXT: Final = 4_000
MAX_ITEMS: Final = 50


@transaction.atomic(durable=True)
def waiver_grant(
    *,
    actor: Actor,
    rule: str,
    reason: str,
    compensating_controls: tuple[str, ...],
    expires_at: datetime,
    run_id: str | None = None,
    paths: tuple[str, ...] = (),
) -> WaiverData:
    """Grant an exception from a rule, for one run's change or for every change.

    It relaxes nothing before a signed checkpoint covers its event, and whoever granted it does not count in
    the quorum of a change that it was made for or lets pass.

    Raises:
        PermissionDenied: the actor is no person who reviews security.
        RuleNotFound: there is no such rule.
        WaiverInvalid: it has no reason, no compensating control, no end, or is about the governance core.
    """
    _reviewer_require(actor)
    current = rules_newest().get(rule)
    if current is None or current.retired:
        message = f"there is no rule '{rule}'"
        raise RuleNotFound(message, code=rule)
    controls = _texts(compensating_controls)
    _waiver_check(rule=rule, reason=reason, controls=controls, expires_at=expires_at)
    limited = _texts(paths)
    waiver = Waiver.objects.create(
        rule_code=rule,
        run_id=run_id,
        paths=list(limited),
        reason=reason.strip(),
        compensating_controls=list(controls),
        expires_at=expires_at,
        reviewer_id=actor.id,
        reviewer_person=actor.person_id,
    )
    waiver.refresh_from_db()
    record(
        actor=actor,
        type="waiver.granted",
        subject=("waiver", str(waiver.id)),
        data={"rule": rule, "run_id": run_id, "expires_at": isoformat(expires_at), "paths": list(limited)},
    )
    return waiver_data(waiver)


@transaction.atomic(durable=True)
def waiver_revoke(*, actor: Actor, waiver_id: str, reason: str) -> WaiverData:
    """End an exception before its time; what rests on it and is not merged yet is assessed anew.

    Raises:
        PermissionDenied: the actor is no person who reviews security.
        WaiverNotFound: there is no such exception.
        WaiverInvalid: no reason was given.
        WaiverEnded: it has ended already.
    """
    _reviewer_require(actor)
    waiver = waiver_row(waiver_id)
    if not reason.strip():
        message = "say why the exception ends early"
        raise WaiverInvalid(message, field="reason")
    if waiver.expires_at <= now():
        message = "this exception has expired already"
        raise WaiverEnded(message, waiver_id=waiver_id)
    try:
        with transaction.atomic():
            WaiverRevocation.objects.create(
                waiver=waiver, reason=reason.strip(), revoked_by=actor.person_id
            ).refresh_from_db()
    except IntegrityError as error:
        message = "this exception has been revoked already"
        raise WaiverEnded(message, waiver_id=waiver_id) from error
    record(
        actor=actor,
        type="waiver.revoked",
        subject=("waiver", str(waiver.id)),
        data={"rule": waiver.rule_code, "run_id": str(waiver.run_id) if waiver.run_id else None},
    )
    return waiver_data(waiver_row(waiver_id))


def waiver_row(waiver_id: str) -> Waiver:
    """Return the row of an exception.

    Raises:
        WaiverNotFound: there is none.
    """
    try:
        row = Waiver.objects.select_related("revocation").filter(pk=UUID(waiver_id)).first()
    except ValueError:
        row = None
    if row is None:
        message = "there is no such exception"
        raise WaiverNotFound(message, waiver_id=waiver_id)
    return row


def _reviewer_require(actor: Actor) -> None:
    require(actor, "exception.write")
    if actor.kind != "person":
        message = "an exception needs a person who reviews security"
        raise PermissionDenied(message)


def _texts(items: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(item.strip() for item in items if item.strip())


def _waiver_check(*, rule: str, reason: str, controls: tuple[str, ...], expires_at: datetime) -> None:
    if rule in CORE_RULES:
        message = f"'{rule}' belongs to the governance core, which knows no exceptions"
        raise WaiverInvalid(message, rule=rule, field="rule")
    if not reason.strip():
        message = "an exception needs a reason"
        raise WaiverInvalid(message, rule=rule, field="reason")
    if not controls:
        message = "an exception needs at least one compensating control"
        raise WaiverInvalid(message, rule=rule, field="compensating_controls")
    if expires_at.tzinfo is None or expires_at <= now():
        message = "an exception needs an end, with a time zone, in the future"
        raise WaiverInvalid(message, rule=rule, field="expires_at")
