"""Decisions (``approval/v1``): what a person signed, what it is bound to, and what makes a quorum."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from countersign_verify.canonical import Json, JsonInput, canonical_object, digest_bytes
from countersign_verify.dsse import (
    APPROVAL_V1,
    Statement,
    envelope_verify,
    statement,
    statement_read,
    subject_entry,
)
from countersign_verify.encoding import digest_check, digest_hex, field, keys_exact
from countersign_verify.errors import RefusedError
from countersign_verify.tree import object_id_check
from countersign_verify.trial import trial_read
from countersign_verify.vocabulary import BREAK_GLASS, PACK_SUBJECT, TRIAL
from countersign_verify.webauthn import decision_challenge

VERSION = 1
APPROVE = "approve"
VERDICTS = frozenset({APPROVE, "reject", "request_changes"})
KIND_CHANGE = "change"
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KIND = re.compile(r"[a-z]+(?:_[a-z]+)*")
_WHERE = "the decision"
_FIELDS = frozenset(
    {
        "v",
        "request_id",
        "subject",
        "change",
        "verdict",
        "reason_digest",
        "approver",
        "nonce",
        "expires_at",
        "decided_at",
        "unattended",
        "carry_over_allowed",
        "excluded",
    }
)
_OPTIONAL = frozenset({TRIAL, BREAK_GLASS})
_SUBJECT = frozenset({"kind", "id", "digest"})
_APPROVER = frozenset({"person_id", "user_id", "key", "role"})
_CHANGE = frozenset({"run_id", "base_commit", "result_tree", "manifest_digest", "score", "ruleset_digest"})
MIN_NONCE = 16


@dataclass(frozen=True, slots=True)
class DecidedChange:
    """The change that a decision is bound to."""

    run_id: str
    base_commit: str
    result_tree: str
    manifest_digest: str
    score: int
    ruleset_digest: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision whose signature holds.

    Attributes:
        statement_digest: ``sha256:<hex>`` of the signed statement; the log names it.
        passkey: The approver's own passkey signed as well.
        challenge: What it had to sign.
        break_glass: The id of the break-glass window under which it was made, without the quorum.
        trial: The branch of the trial in which it was made: the approver may have made the change alone.
    """

    statement_digest: str
    request_id: str
    subject_kind: str
    subject_id: str
    subject_digest: str
    change: DecidedChange | None
    verdict: str
    person_id: str
    user_id: str
    key: str
    role: str
    nonce: str
    expires_at: str
    decided_at: str
    unattended: bool
    carry_over_allowed: bool
    excluded: frozenset[str]
    passkey: bool = False
    challenge: bytes = b""
    trial: str = ""
    break_glass: str = ""


def decision_statement(predicate: Mapping[str, JsonInput]) -> dict[str, JsonInput]:
    """The in-toto statement of a decision, ready to be signed.

    Args:
        predicate: ``{"v": 1, "request_id", "subject": {"kind", "id", "digest"}, "change": {"run_id",
            "base_commit", "result_tree", "manifest_digest", "score", "ruleset_digest"} or None,
            "verdict", "reason_digest", "approver": {"person_id", "user_id", "key", "role"}, "nonce",
            "expires_at", "decided_at", "unattended", "carry_over_allowed", "excluded"}``; in a
            trial ``"trial": {"approval": "self-approved", "branch"}`` as well, and under break-glass
            ``"break_glass"``, the id of the window.
    """
    subject = predicate.get("subject")
    target: Mapping[str, JsonInput] = subject if isinstance(subject, Mapping) else {}
    name = subject_name(str(target.get("kind")))
    return statement([subject_entry(name, str(target.get("digest")))], APPROVAL_V1, predicate)


def subject_name(kind: str) -> str:
    """The name under which a decision's statement lists its subject: a change is decided by its pack."""
    return PACK_SUBJECT if kind == KIND_CHANGE else f"countersign-{kind}"


def decision_verify(data: bytes, keys: Mapping[str, bytes]) -> Decision:
    """Check the stored envelope of a decision and read it.

    Args:
        data: The envelope, canonical JSON.
        keys: The keys that may sign decisions, by key id.

    Raises:
        RefusedError: The envelope, its signature or a field of the decision does not hold.
    """
    envelope = canonical_object(data)
    payload = envelope_verify(envelope, keys)
    read = decision_read(statement_read(payload, APPROVAL_V1), digest_bytes(payload))
    decision = replace(read, challenge=decision_challenge(payload))
    signers = [
        item.get("keyid")
        for item in field(envelope, "signatures", list, "the envelope")
        if isinstance(item, dict)
    ]
    if decision.key not in signers:
        raise RefusedError("decision.key", "the decision names a key that did not sign it")
    return decision


def decision_read(content: Statement, statement_digest: str) -> Decision:
    """Read the statement of a decision, field by field.

    Raises:
        RefusedError: A field is missing, unknown or malformed, or the subject is named in two ways.
    """
    data = content.predicate
    keys_exact(data, _FIELDS | (_OPTIONAL & data.keys()), _WHERE)
    if field(data, "v", int, _WHERE) != VERSION:
        raise RefusedError("decision.version", "the decision is of no known version")
    kind, subject_id, subject_digest = _subject(field(data, "subject", dict, _WHERE))
    if dict(content.subjects) != {subject_name(kind): {"sha256": digest_hex(subject_digest)}}:
        raise RefusedError("decision.subject", "the decision and its statement name different subjects")
    verdict = field(data, "verdict", str, _WHERE)
    if verdict not in VERDICTS:
        raise RefusedError("decision.verdict", f"the verdict {verdict[:40]!a} is not known")
    digest_check(data["reason_digest"], "the reason of the decision")
    approver = field(data, "approver", dict, _WHERE)
    passkey = "passkey" in approver
    keys_exact(approver, _APPROVER | {"passkey"} if passkey else _APPROVER, "the approver of the decision")
    if passkey and approver["passkey"] is not True:
        raise RefusedError("decision.passkey", "a decision says of a passkey that there is one, or nothing")
    nonce = field(data, "nonce", str, _WHERE)
    if len(nonce) < MIN_NONCE:
        raise RefusedError("decision.nonce", f"a nonce has at least {MIN_NONCE} characters")
    change = None if data["change"] is None else _change(field(data, "change", dict, _WHERE))
    if (change is None) == (kind == KIND_CHANGE):
        raise RefusedError("decision.change", "a decision names a change if and only if it is on one")
    return Decision(
        statement_digest=statement_digest,
        request_id=_text(data, "request_id"),
        subject_kind=kind,
        subject_id=subject_id,
        subject_digest=subject_digest,
        change=change,
        verdict=verdict,
        person_id=_text(approver, "person_id"),
        user_id=_text(approver, "user_id"),
        key=_text(approver, "key"),
        role=_text(approver, "role"),
        nonce=nonce,
        expires_at=time_check(data["expires_at"], "the expiry of the decision"),
        decided_at=time_check(data["decided_at"], "the time of the decision"),
        unattended=field(data, "unattended", bool, _WHERE),
        carry_over_allowed=field(data, "carry_over_allowed", bool, _WHERE),
        excluded=_excluded(field(data, "excluded", list, _WHERE)),
        passkey=passkey,
        trial=trial_read(data, _WHERE),
        break_glass=_break_glass(data, kind, verdict),
    )


def decision_valid(decision: Decision, *, logged_at: str, allow_unattended: bool) -> None:
    """Check what makes a decision count at all, whatever it is about.

    Args:
        decision: The decision.
        logged_at: Time of its event in the log.
        allow_unattended: Whether decisions without a person count.

    Raises:
        RefusedError: It was made or logged after it expired, by someone who was excluded, or without a
            person where that is not allowed.
    """
    if decision.expires_at < max(decision.decided_at, logged_at):
        raise RefusedError("decision.expired", "the decision was made after its request had expired")
    if decision.person_id in decision.excluded and not decision.trial:
        raise RefusedError("decision.excluded", "the approver took part in the change and cannot approve it")
    if decision.unattended and not allow_unattended:
        raise RefusedError(
            "decision.unattended", "no person made the decision, and the trust file asks for one"
        )


def quorum_check(decisions: Sequence[Decision], quorum: Iterable[tuple[str, int]]) -> int:
    """Check that enough different people approved in the roles that the policy asks for.

    Args:
        decisions: The decisions on one request.
        quorum: Pairs of role and number of people.

    Returns:
        The number of people who approved.

    Raises:
        RefusedError: A decision is no approval, is on another request, a person decided twice, or a
            role has too few.
    """
    if any(decision.verdict != APPROVE for decision in decisions):
        raise RefusedError("quorum.verdict", "a decision is not an approval")
    if len({(item.request_id, item.subject_id, item.subject_digest) for item in decisions}) > 1:
        raise RefusedError("quorum.request", "the decisions are on different requests")
    people = {decision.person_id for decision in decisions}
    users = {decision.user_id for decision in decisions}
    if len(people) < len(decisions) or len(users) < len(decisions):
        raise RefusedError("quorum.person", "one person decided twice")
    needed: dict[str, int] = {}
    for role, count in quorum:
        needed[role] = needed.get(role, 0) + count
    if not needed or min(needed.values()) < 1:
        raise RefusedError("quorum.empty", "the policy asks for nobody")
    for role, count in needed.items():
        actual = sum(decision.role == role for decision in decisions)
        if actual < count:
            raise RefusedError("quorum.short", f"{actual} of {count} approved in the role {role[:40]!a}")
    return len(people)


def time_check(value: Json, what: str) -> str:
    """Require a time written ``2026-01-01T00:00:00.000000Z``; such texts sort by time.

    Raises:
        RefusedError: It is something else.
    """
    if not isinstance(value, str) or _TIME.fullmatch(value) is None:
        raise RefusedError("time.format", f"{what} is not a UTC time with microseconds")
    return value


def time_moment(value: Json, what: str) -> int:
    """Microseconds since the epoch of a time written as :func:`time_check` requires.

    Raises:
        RefusedError: It is something else, or no calendar and no clock has that time.
    """
    text = time_check(value, what)
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise RefusedError("time.value", f"{what} is no time of any calendar") from error
    return (read - _EPOCH) // timedelta(microseconds=1)


def _subject(data: Mapping[str, Json]) -> tuple[str, str, str]:
    keys_exact(data, _SUBJECT, "the subject of the decision")
    kind = _text(data, "kind")
    if _KIND.fullmatch(kind) is None:
        raise RefusedError("decision.kind", f"{kind[:40]!a} is no kind of subject")
    return kind, _text(data, "id"), digest_check(data["digest"], "the subject of the decision")


def _break_glass(data: Mapping[str, Json], kind: str, verdict: str) -> str:
    """The window under which the decision was made; only the approval of a change can be."""
    if BREAK_GLASS not in data:
        return ""
    if (kind, verdict) != (KIND_CHANGE, APPROVE):
        raise RefusedError("decision.break_glass", "only a change is approved under break-glass")
    return _text(data, BREAK_GLASS)


def _change(data: Mapping[str, Json]) -> DecidedChange:
    keys_exact(data, _CHANGE, "the change of the decision")
    return DecidedChange(
        run_id=_text(data, "run_id"),
        base_commit=object_id_check(data["base_commit"], "the base commit of the decision"),
        result_tree=object_id_check(data["result_tree"], "the result tree of the decision"),
        manifest_digest=digest_check(data["manifest_digest"], "the manifest of the decision"),
        score=field(data, "score", int, "the change of the decision"),
        ruleset_digest=digest_check(data["ruleset_digest"], "the rule set of the decision"),
    )


def _excluded(items: Sequence[Json]) -> frozenset[str]:
    texts = [item for item in items if isinstance(item, str)]
    if len(texts) != len(items) or texts != sorted(set(texts)):
        raise RefusedError("decision.excluded", "the excluded persons are not a sorted list of ids")
    return frozenset(texts)


def _text(data: Mapping[str, Json], name: str) -> str:
    value = field(data, name, str, _WHERE)
    if not value:
        raise RefusedError("field.empty", f"{name} of the decision is empty")
    return value
