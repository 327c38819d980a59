"""Opening requests, taking decisions, voiding and expiring."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models.functions import Now

from countersign.accounts.keys import key_twins
from countersign.accounts.selectors import role_holders
from countersign.approvals.asking import items_check, words_signed
from countersign.approvals.assertions import Intention, prepare, sign
from countersign.approvals.deadlines import DecisionTime, expiry, reminders_plan
from countersign.approvals.errors import (
    ApprovalBlocked,
    ApproverExcluded,
    DigestMismatch,
    ReasonRequired,
    RequestExpired,
    RequestNotFound,
    RequestNotPending,
    RoleMissing,
    UnattendedRefused,
)
from countersign.approvals.models import ApprovalRequest, Decision, RequestState
from countersign.approvals.quorum import quorum_met, role_wanted, roles_lacking
from countersign.approvals.selectors import as_uuid, decision_data, request_data
from countersign.approvals.under_glass import role_under, window_of
from countersign.audit.services import record
from countersign.jobs.services import job_enqueue, lease_check
from countersign.shared.clock import now
from countersign.shared.clocks import moment_agreed
from countersign_verify.canonical import digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from countersign.approvals.contracts import (
        AskedItem,
        AssertionInput,
        BreakGlassData,
        ChangeBinding,
        DecisionData,
        PolicySnapshot,
        PreparedData,
        RequestData,
        Verdict,
    )
    from countersign.jobs.contracts import Lease
    from countersign.shared.actor import Actor

# A decision must also be in the log before its request expires, or nobody could verify it afterwards.
LAST_MOMENT = timedelta(seconds=10)
STANDARD = DecisionTime()
MAX_REASON = 4_000
_OUTCOME = {"reject": RequestState.REJECTED, "request_changes": RequestState.CHANGES_REQUESTED}


@transaction.atomic(durable=True)
def request_open(  # noqa: PLR0913 - what a decision is bound to, each part by name
    *,
    actor: Actor,
    lease: Lease,
    project_id: str,
    subject: tuple[str, str],
    subject_digest: str,
    title: str,
    phase_code: str,
    policy: PolicySnapshot,
    binding: ChangeBinding | None,
    excluded: frozenset[str],
    carry_over_allowed: bool,
    time: DecisionTime = STANDARD,
) -> RequestData:
    """Ask for a decision on exactly ``subject_digest``.

    A repeat for the same digest returns the request that waits; a pending request for another digest of the
    same subject becomes void and is superseded.

    Raises:
        LeaseLost: another worker carries the job out.
        ClocksDisagree: no clock can be trusted to say when it expires.
    """
    lease_check(lease)
    opened = moment_agreed()
    pending = ApprovalRequest.objects.filter(
        subject_kind=subject[0], subject_id=subject[1], state=RequestState.PENDING
    ).first()
    if pending is not None and pending.subject_digest == subject_digest:
        return request_data(pending)
    previous = (
        ApprovalRequest.objects.filter(subject_kind=subject[0], subject_id=subject[1])
        .order_by("-created_at")
        .first()
    )
    if pending is not None:
        _void(actor, str(pending.id), "something newer waits for a decision")
    row = ApprovalRequest.objects.create(
        project_id=project_id,
        subject_kind=subject[0],
        subject_id=subject[1],
        subject_digest=subject_digest,
        title=title[:300],
        phase_code=phase_code,
        policy={
            "tier": policy.tier,
            "quorum": [{"role": rule.role, "count": rule.count} for rule in policy.quorum],
            "reasons": [dict(reason) for reason in policy.reasons],
            "blocked": policy.blocked,
            "passkey": policy.passkey,
            "trial": policy.trial,
            "stopped": [{"rule": rule, "paths": list(paths)} for rule, paths in policy.stopped],
            "exceptions": list(policy.exceptions),
        },
        binding=binding.as_json() if binding else None,
        excluded=sorted(excluded),
        carry_over_allowed=carry_over_allowed,
        expires_at=expiry(time, opened),
        supersedes=previous,
    )
    row.refresh_from_db()
    reminders_plan(row, time, opened)
    record(
        actor=actor,
        type="approval.requested",
        subject=("approval_request", str(row.id)),
        data={
            "about": list(subject),
            "digest": subject_digest,
            "tier": policy.tier,
            "blocked": policy.blocked,
            "excluded": sorted(excluded),
            **({"trial": policy.trial} if policy.trial else {}),
        },
    )
    return request_data(row)


def decision_check(
    *,
    request: RequestData,
    actor: Actor,
    verdict: Verdict,
    reason: str,
    digest: str,
    twins: frozenset[str],
    holders: Mapping[str, int] = MappingProxyType({}),
    moment: datetime | None = None,
    window: BreakGlassData | None = None,
) -> str:
    """Return the role in which the actor decides; a page asks this beforehand, the decision asks it again.

    A decision goes by ``moment``, the database's time; a page that only asks goes by its own clock. ``twins``
    are the people who hold a key of the actor's: all of them count as one. Who holds several roles decides in
    the one that the fewest people hold.

    Raises:
        ReasonRequired: no reason, or an endless one.
        RequestNotPending: decided, void or withdrawn.
        RequestExpired: too late.
        DigestMismatch: another version was looked at.
        ApproverExcluded: not a person, a participant, somebody else's token, or has decided already.
        RoleMissing: holds none of the roles that are waited for.
        ApprovalBlocked: the policy lets nobody approve this as it is.
    """
    if not reason.strip() or len(reason) > MAX_REASON:
        message = f"say why, in at most {MAX_REASON} characters"
        raise ReasonRequired(message)
    if request.state != RequestState.PENDING:
        message = f"this request is {request.state}; nothing can be decided on it any more"
        raise RequestNotPending(message, state=request.state)
    if request.expires_at <= (moment or now()) + LAST_MOMENT:
        message = "this request has expired, which means not approved; a new one can be asked for"
        raise RequestExpired(message)
    if digest != request.subject_digest:
        message = "you looked at another version: load the page again and look at what changed"
        raise DigestMismatch(message, expected=request.subject_digest)
    _require_outside(request, actor, twins)
    role = role_wanted(request.policy.quorum, request.decisions, actor.roles, verdict, holders)
    if window is not None:
        role = role_under(window, actor, verdict)
    if role is None:
        raise _role_missing(request, actor)
    if verdict == "approve" and request.policy.blocked:
        message = "the policy blocks approval: " + "; ".join(
            reason_["text"] for reason_ in request.policy.reasons
        )
        raise ApprovalBlocked(message)
    return role


def _role_missing(request: RequestData, actor: Actor) -> RoleMissing:
    """Say which roles an approval waits for, and that one's own has its number where that is so."""
    asked = [rule.role for rule in request.policy.quorum]
    lacking = roles_lacking(request.policy.quorum, request.decisions)
    message = f"this request waits for: {', '.join(lacking)}"
    if actor.roles & set(asked):
        message += "; your role has its number already, so you can reject or ask for changes only"
    return RoleMissing(message, roles=asked)


def _require_outside(request: RequestData, actor: Actor, twins: frozenset[str]) -> None:
    """Let only a person pass who took no part in the change and has not decided on it."""
    if actor.kind != "person" or actor.person_id is None:
        message = "only a person can decide"
        raise ApproverExcluded(message)
    if actor.minted_by not in {None, actor.person_id}:
        message = "somebody else made this token and would decide with you: use your own, or log in"
        raise ApproverExcluded(message)
    # In a trial one person decides alone; what they sign says so (see the statement).
    if actor.participants & set(request.excluded) and not request.policy.trial:
        message = "you took part in this change, so you can't decide on it"
        raise ApproverExcluded(message)
    decided = {decision.person_id for decision in request.decisions}
    if actor.person_id in decided:
        message = "you have decided on this already"
        raise ApproverExcluded(message)
    if twins & decided or (twins & set(request.excluded) and not request.policy.trial):
        message = (
            "somebody who took part in this change or has decided on it uses the same key as you: "
            "one key counts once. Each of you needs a passkey of their own"
        )
        raise ApproverExcluded(message)


@transaction.atomic(durable=True)
def decision_record(
    *,
    actor: Actor,
    request_id: str,
    verdict: Verdict,
    reason: str,
    digest: str,
    unattended_allowed: bool,
    items: Sequence[AskedItem] = (),
    assertion: AssertionInput | None = None,
    break_glass: str = "",
) -> tuple[DecisionData, RequestData]:
    """Take one person's decision: checked, signed and recorded, and its consequence put in line.

    Args:
        actor: who decides.
        request_id: on what.
        verdict: approve, reject or request_changes.
        reason: why; required.
        digest: the digest that the person looked at.
        unattended_allowed: this installation was created by the demo.
        assertion: what the person's own passkey answered.
        items: what is asked for one by one, with a request for changes.
        break_glass: the window under which one of its two people approves without the quorum.

    Raises:
        RequestNotFound: there is no such request.
        AskedItemsInvalid: items where no changes are asked for, or too many.
        CommentInvalid: an item has no text, too much of it, or a place that can't be in a change.
        ReasonRequired: no reason, or an endless one.
        RequestNotPending: decided, void or withdrawn.
        RequestExpired: too late.
        DigestMismatch: another version was looked at.
        ApproverExcluded: not a person, a participant, somebody else's token, or has decided already.
        RoleMissing: holds none of the roles that are waited for.
        ApprovalBlocked: the policy lets nobody approve this as it is.
        ClocksDisagree: the clocks of this process and of the database are too far apart.
        UnattendedRefused: nobody sits in front of it, and this is no demo installation.
        PasskeyRequired: the policy asks for a passkey, and none signed.
        PreparationGone: nothing of this person was prepared, or it was used or took too long.
        DecisionMoved: what was prepared is not what would be signed now.
        AssertionRefused: the passkey's answer does not hold.
        DomainError: as ``window_of`` and ``role_under`` say.
    """
    items_check(verdict, items)
    row = ApprovalRequest.objects.select_for_update().filter(pk=as_uuid(request_id)).first()
    if row is None:
        message = "there is no such request"
        raise RequestNotFound(message, request_id=request_id)
    request = request_data(row)
    moment = moment_agreed()
    window = window_of(break_glass, request, moment)
    role = decision_check(
        request=request,
        actor=actor,
        verdict=verdict,
        reason=reason,
        digest=digest,
        twins=key_twins(str(actor.person_id)),
        holders=role_holders(rule.role for rule in request.policy.quorum),
        moment=moment,
        window=window,
    )
    if actor.unattended and not unattended_allowed:
        message = "unattended decisions exist only in an installation that the demo created"
        raise UnattendedRefused(message)
    person_id = str(actor.person_id)
    signed = sign(
        Intention(request, actor, role, verdict, words_signed(reason, items), moment, window), assertion
    )
    decision = Decision(
        request=row,
        person_id=person_id,
        user_id=actor.id,
        role=role,
        verdict=verdict,
        reason=reason,
        items=[item.as_json() for item in items],
        unattended=actor.unattended,
        nonce=signed.statement.nonce,
        statement_digest=signed.statement.digest,
        envelope=signed.statement.envelope,
        assertion=signed.assertion,
        decided_at=signed.decided_at,
        break_glass=window.id if window else None,
    )
    decision.event_id = record(
        actor=actor,
        type="decision.recorded",
        subject=("approval_request", request_id),
        data={
            "decision_id": str(decision.id),
            "request_id": request_id,
            "statement_digest": signed.statement.digest,
            "verdict": verdict,
            "role": role,
            **({"assertion_digest": digest_of(signed.assertion)} if signed.assertion else {}),
            **({"break_glass": window.id} if window else {}),
        },
    )
    decision.save(force_insert=True)
    taken = decision_data(decision)
    outcome = _outcome(request, taken, verdict)
    if outcome is not None:
        _settle(actor, row, outcome, taken)
    row = ApprovalRequest.objects.prefetch_related("decisions").get(pk=request_id)
    return taken, request_data(row)


@transaction.atomic(durable=True)
def decision_prepare(
    *,
    actor: Actor,
    request_id: str,
    verdict: Verdict,
    reason: str,
    digest: str,
    items: Sequence[AskedItem] = (),
    break_glass: str = "",
) -> PreparedData:
    """Make the statement that the person's own passkey will sign: everything is checked as for the decision.

    Raises:
        RequestNotFound: there is no such request.
        PasskeysUnavailable: there is no host name that passkeys could belong to.
        PasskeyMissing: the person has no passkey that may decide here.
        ClocksDisagree: the clocks of this process and of the database are too far apart.
        DomainError: as ``decision_check`` and ``items_check`` say.
    """
    items_check(verdict, items)
    row = ApprovalRequest.objects.filter(pk=as_uuid(request_id)).first()
    if row is None:
        message = "there is no such request"
        raise RequestNotFound(message, request_id=request_id)
    request = request_data(row)
    moment = moment_agreed()
    window = window_of(break_glass, request, moment)
    role = decision_check(
        request=request,
        actor=actor,
        verdict=verdict,
        reason=reason,
        digest=digest,
        twins=key_twins(str(actor.person_id)),
        holders=role_holders(rule.role for rule in request.policy.quorum),
        moment=moment,
        window=window,
    )
    return prepare(Intention(request, actor, role, verdict, words_signed(reason, items), moment, window))


def _outcome(request: RequestData, taken: DecisionData, verdict: Verdict) -> RequestState | None:
    if verdict != "approve":
        return _OUTCOME[verdict]
    if taken.break_glass or quorum_met(request.policy.quorum, (*request.decisions, taken)):
        return RequestState.APPROVED
    return None


def _settle(actor: Actor, row: ApprovalRequest, outcome: RequestState, taken: DecisionData) -> None:
    """Move the request and put the consequence in line, in the decision's own transaction."""
    ApprovalRequest.objects.filter(pk=row.pk, state=RequestState.PENDING).update(
        state=outcome, decided_at=taken.decided_at
    )
    record(
        actor=actor,
        type=f"approval.{outcome}",
        subject=("approval_request", str(row.id)),
        data={"about": [row.subject_kind, row.subject_id], "digest": row.subject_digest},
    )
    job_enqueue(
        actor=actor,
        kind="decision.execute",
        subject=(row.subject_kind, row.subject_id),
        payload={"request_id": str(row.id)},
        dedupe_key=f"decision.execute:{row.id}",
    )


_VOIDABLE = (RequestState.PENDING, RequestState.APPROVED)


def _void(actor: Actor, request_id: str, why: str, states: Sequence[RequestState] = _VOIDABLE) -> bool:
    moved = ApprovalRequest.objects.filter(pk=request_id, state__in=states).update(
        state=RequestState.VOID, void_reason=why
    )
    if moved:
        record(
            actor=actor,
            type="approval.voided",
            subject=("approval_request", request_id),
            data={"why": why[:500]},
        )
    return bool(moved)


@transaction.atomic(durable=True)
def request_void(*, actor: Actor, lease: Lease, request_id: str, why: str, undecided: bool = False) -> bool:
    """Void a request because what it was about has moved; say whether it was.

    An ended request stays as it is. With ``undecided`` so does an approved one: who carries the decision out
    finds out as well, and knows how far it got.

    Raises:
        LeaseLost: another worker carries the job out.
    """
    lease_check(lease)
    return _void(actor, request_id, why, (RequestState.PENDING,) if undecided else _VOIDABLE)


@transaction.atomic(durable=True)
def requests_expire(*, actor: Actor) -> int:
    """End pending requests whose time is over, by the database's clock; return how many."""
    due = ApprovalRequest.objects.filter(state=RequestState.PENDING, expires_at__lte=Now())
    ended = 0
    for request_id in list(due.values_list("id", flat=True)):
        if due.filter(pk=request_id).update(state=RequestState.EXPIRED, decided_at=Now()):
            record(actor=actor, type="approval.expired", subject=("approval_request", str(request_id)))
            ended += 1
    return ended
