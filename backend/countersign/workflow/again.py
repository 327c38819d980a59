"""Signing again: what is different from the version that one had approved, and doing it in one step.

One step is enough only where there is nothing new to read: the patch is the same to the byte, and nothing
that a person weighs has become worse. Anything else is decided on like any other request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from unidiff.patch import PatchSet

from countersign.accounts.keys import key_twins
from countersign.accounts.policies import require
from countersign.approvals.selectors import request_get
from countersign.evidence.errors import EvidenceUnmade
from countersign.evidence.selectors import pack_file
from countersign.shared.errors import Conflict, NotFound
from countersign.workflow.commands import decision_submit
from countersign.workflow.contracts import DifferenceFact, DifferenceFile, DifferenceView, OwnDecision
from countersign.workflow.deciding import decision_hindrance
from countersign.workflow.executor import EXECUTOR
from countersign_verify import vocabulary
from countersign_verify.canonical import canonical_object
from countersign_verify.pack import pack_read
from countersign_verify.pack_facts import gate_reports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from countersign.approvals.contracts import AssertionInput, DecisionData, RequestData
    from countersign.shared.actor import Actor

# Further back nobody remembers what they signed.
MAX_BACK = 50


class NothingEarlier(NotFound):
    """The request took no other one's place: there is nothing to hold it against."""

    code = "nothing_earlier"


class SignAgainRefused(Conflict):
    """Signing again is no single step here: the request is decided on like any other."""

    code = "sign_again_refused"


@dataclass(frozen=True, slots=True)
class _Pair:
    request: RequestData
    earlier: RequestData
    own: DecisionData | None


def request_difference(*, actor: Actor, request_id: str) -> DifferenceView:
    """Hold a request against the last version that the actor approved, or else the one before it.

    Raises:
        PermissionDenied: the actor may not read requests.
        RequestNotFound: there is no such request.
        NothingEarlier: it took no other one's place.
    """
    pair = _pair(actor, request_get(actor=actor, request_id=request_id))
    before, after = _patch(pair.earlier), _patch(pair.request)
    same = before is not None and before == after
    facts = tuple(_facts(pair.earlier, pair.request))
    hindrance = _hindrance(actor, pair, same=same, facts=facts)
    own = pair.own
    return DifferenceView(
        request_id=pair.request.id,
        digest=pair.request.subject_digest,
        earlier_id=pair.earlier.id,
        why=_gone_why(pair.earlier),
        patch_same=same,
        facts=facts,
        files=() if same else _files(before or b"", after or b""),
        own=OwnDecision(own.role, own.reason, own.decided_at) if own else None,
        hindrance=hindrance or None,
    )


def decision_again(
    *, actor: Actor, request_id: str, digest: str, assertion: AssertionInput | None = None
) -> str:
    """Approve what took the place of a version that the actor had approved, with the same reason.

    Raises:
        PermissionDenied: the actor may not decide.
        NothingEarlier: it took no other one's place.
        SignAgainRefused: there is something new to look at, or the actor had not approved it.
        DomainError: as ``decision_submit`` says.
    """
    require(actor, "decision.write")
    found = request_difference(actor=actor, request_id=request_id)
    if found.hindrance is not None or found.own is None:
        message = f"{found.hindrance}; decide on it like on any other request"
        raise SignAgainRefused(message, request_id=request_id)
    return decision_submit(
        actor=actor,
        request_id=request_id,
        verdict="approve",
        reason=found.own.reason,
        digest=digest,
        assertion=assertion,
    )


def _pair(actor: Actor, request: RequestData) -> _Pair:
    if request.supersedes is None or request.subject_kind != "change":
        message = "this request took no other one's place: there is nothing to hold it against"
        raise NothingEarlier(message, request_id=request.id)
    direct = request_get(actor=actor, request_id=request.supersedes)
    version = direct
    for _ in range(MAX_BACK):
        own = _approval(actor, version)
        if own is not None:
            return _Pair(request, version, own)
        # What ended otherwise than by becoming void ended for good: nothing before it is signed again.
        if version.supersedes is None or version.state != "void":
            break
        version = request_get(actor=actor, request_id=version.supersedes)
    return _Pair(request, direct, None)


def _gone_why(earlier: RequestData) -> str:
    return "it expired undecided" if earlier.state == "expired" else earlier.void_reason


def _approval(actor: Actor, request: RequestData) -> DecisionData | None:
    mine = [
        decision
        for decision in request.decisions
        if decision.verdict == "approve" and decision.person_id == actor.person_id
    ]
    return mine[-1] if mine else None


def _patch(request: RequestData) -> bytes | None:
    try:
        with pack_file(actor=EXECUTOR, digest=request.subject_digest) as file:
            return pack_read(file).read(vocabulary.MEMBER_DIFF)
    except EvidenceUnmade:
        # Its key was destroyed: nobody can say what it said.
        return None


def _facts(earlier: RequestData, request: RequestData) -> Iterator[DifferenceFact]:
    before, after = earlier.binding, request.binding
    if before is None or after is None:
        return
    told = (
        ("base", "the branch", before.base_commit[:12], after.base_commit[:12]),
        ("rules", "the rules", _short(before.ruleset_digest), _short(after.ruleset_digest)),
        ("score", "the risk", str(before.score), str(after.score)),
        ("tier", "the tier", earlier.policy.tier, request.policy.tier),
        ("quorum", "the quorum", _quorum(earlier), _quorum(request)),
    )
    for code, name, old, new in told:
        if old != new:
            yield DifferenceFact(code, name, old, new)  # type: ignore[arg-type]  # of the codes above
    old_gates, new_gates = _gates(earlier), _gates(request)
    for gate in sorted(old_gates.keys() | new_gates.keys()):
        old, new = old_gates.get(gate, "did not run"), new_gates.get(gate, "did not run")
        if old != new:
            yield DifferenceFact("gate", gate, old, new)


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12]


def _quorum(request: RequestData) -> str:
    return ", ".join(f"{rule.count} x {rule.role}" for rule in request.policy.quorum)


def _gates(request: RequestData) -> dict[str, str]:
    if request.binding is None:
        return {}
    try:
        with pack_file(actor=EXECUTOR, digest=request.subject_digest) as file:
            pack = pack_read(file)
            found = [canonical_object(pack.read(path)) for path in gate_reports(pack)]
    except EvidenceUnmade:
        return {}
    return {str(report["name"]): str(report["status"]) for report in found}


def _files(before: bytes, after: bytes) -> tuple[DifferenceFile, ...]:
    old, new = _by_path(before), _by_path(after)
    return tuple(
        DifferenceFile(path, "added" if path not in old else "gone" if path not in new else "changed")
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    )


def _by_path(diff: bytes) -> dict[str, str]:
    return {file.path: str(file) for file in PatchSet(diff.decode("utf-8", "replace"))}


def _hindrance(actor: Actor, pair: _Pair, *, same: bool, facts: tuple[DifferenceFact, ...]) -> str:
    """Say why signing again is no single step; nothing where it is."""
    if pair.own is None:
        return "you had not approved an earlier version of it"
    if pair.earlier.state != "void":
        return f"the version that you had approved is '{pair.earlier.state}'"
    if not same:
        return "the patch is another one"
    if worse := _worse(pair, facts):
        return worse
    blocked = decision_hindrance(actor, pair.request, "approve", key_twins(str(actor.person_id)))
    return blocked.text.rstrip(".") if blocked else ""


def _worse(pair: _Pair, facts: tuple[DifferenceFact, ...]) -> str:
    changed = {fact.code for fact in facts}
    before, after = pair.earlier.binding, pair.request.binding
    if before is None or after is None or after.score > before.score:
        return "the risk is higher now"
    if changed & {"tier", "quorum"}:
        return "who decides on it is another now"
    if "gate" in changed:
        return "a gate says something else now"
    return ""
