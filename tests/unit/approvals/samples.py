"""Requests with the policies and people that a test wants."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from countersign.approvals.contracts import (
    AssertionInput,
    ChangeBinding,
    DecisionData,
    PolicySnapshot,
    QuorumRule,
    RequestData,
    Verdict,
)
from countersign.jobs.contracts import Lease
from countersign.shared.actor import Actor
from countersign.shared.clock import now
from countersign_verify.canonical import canonical_bytes
from countersign_verify.decision import Decision, decision_verify

if TYPE_CHECKING:
    from countersign.approvals.deadlines import DecisionTime

DIGEST = "sha256:" + "a" * 64
OTHER_DIGEST = "sha256:" + "b" * 64
DIRECTOR = {"director": 1}
CAB = {"cab_member": 2}


def policy(
    quorum: Mapping[str, int] = DIRECTOR, *, blocked: bool = False, passkey: bool = False, trial: str = ""
) -> PolicySnapshot:
    return PolicySnapshot(
        tier="cab" if "cab_member" in quorum else "director",
        quorum=tuple(QuorumRule(role, count) for role, count in quorum.items()),
        reasons=({"rule": "R1", "text": "a gate is unknown"},) if blocked else (),
        blocked=blocked,
        passkey=passkey,
        trial=trial,
    )


def binding(run_id: str, digest: str = DIGEST) -> ChangeBinding:
    return ChangeBinding(
        run_id=run_id,
        base_commit="c" * 40,
        result_tree="d" * 40,
        manifest_digest=digest,
        score=12,
        ruleset_digest="sha256:" + "e" * 64,
    )


class Requests:
    """Opens requests and decides on them, with arguments that no test needs to spell out."""

    def __init__(self, actor: Actor, lease: Lease, project_id: str) -> None:
        self.actor, self.lease, self.project_id = actor, lease, project_id

    def open(
        self,
        quorum: Mapping[str, int] = DIRECTOR,
        *,
        digest: str = DIGEST,
        subject: tuple[str, str] | None = None,
        excluded: Iterable[Actor] = (),
        blocked: bool = False,
        passkey: bool = False,
        trial: str = "",
        title: str = "Remove unused imports",
        lease: Lease | None = None,
        time: DecisionTime | None = None,
    ) -> RequestData:
        from countersign.approvals.deadlines import DecisionTime
        from countersign.approvals.services import request_open

        about = subject or ("change", str(uuid.uuid4()))
        return request_open(
            actor=self.actor,
            lease=lease or self.lease,
            project_id=self.project_id,
            subject=about,
            subject_digest=digest,
            title=title,
            phase_code="P1",
            policy=policy(quorum, blocked=blocked, passkey=passkey, trial=trial),
            binding=binding(about[1], digest) if about[0] == "change" else None,
            excluded=frozenset(str(actor.person_id) for actor in excluded),
            carry_over_allowed=True,
            time=time or DecisionTime(),
        )

    def decide(
        self,
        request: RequestData | str,
        actor: Actor,
        verdict: Verdict = "approve",
        *,
        reason: str = "reads well",
        digest: str = DIGEST,
        unattended_allowed: bool = False,
        assertion: AssertionInput | None = None,
        break_glass: str = "",
    ) -> tuple[DecisionData, RequestData]:
        from countersign.approvals.services import decision_record

        return decision_record(
            actor=actor,
            request_id=request if isinstance(request, str) else request.id,
            verdict=verdict,
            reason=reason,
            digest=digest,
            unattended_allowed=unattended_allowed,
            assertion=assertion,
            break_glass=break_glass,
        )

    def get(self, request: RequestData) -> RequestData:
        from countersign.approvals.selectors import request_get

        return request_get(actor=self.actor, request_id=request.id)

    @staticmethod
    def let_expire(request: RequestData) -> None:
        """Let its time be over, as a week later."""
        from countersign.approvals.models import ApprovalRequest

        ApprovalRequest.objects.filter(pk=request.id).update(expires_at=now() - timedelta(seconds=1))


def verified(decision: DecisionData) -> Decision:
    """Read a stored decision as the offline verifier does, trusting the key of this installation."""
    from countersign.shared.keys import signing_key

    key = signing_key("decisions")
    envelope: Any = decision.envelope
    read = decision_verify(canonical_bytes(envelope), {key.key_id: key.public_bytes})
    assert read.statement_digest == decision.statement_digest
    return read
