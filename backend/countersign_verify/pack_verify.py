"""The verification of one pack, check by check."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from countersign_verify.decision import APPROVE, Decision, decision_valid, decision_verify
from countersign_verify.errors import RefusedError
from countersign_verify.pack import Pack, pack_read
from countersign_verify.pack_facts import (
    PASS,
    ChangeFacts,
    Policy,
    RiskFacts,
    change_check,
    exceptions_check,
    gates_check,
    policy_check,
    risk_check,
    statements_check,
)
from countersign_verify.relaxed_pack import PackRelaxed, relaxed_read
from countersign_verify.report import Report
from countersign_verify.trial import trial_read
from countersign_verify.trust import Trust
from countersign_verify.vocabulary import SELF_APPROVED, TRIAL

MAX_ENVELOPE_BYTES = 1024 * 1024
_SUBJECT = "the subject of the pack"
_AFTER = "not reached: an earlier check failed"


@dataclass(frozen=True, slots=True)
class VerifiedPack:
    """A pack of which every check held.

    Attributes:
        trial: The branch of the trial that the pack belongs to; nothing where it is none.
        relaxed: What it says of broken rules and exceptions; None for a pack of before this was told.
    """

    pack: Pack
    change: ChangeFacts
    gates: Mapping[str, str]
    risk: RiskFacts
    policy: Policy
    trial: str
    relaxed: PackRelaxed | None = None

    @property
    def passed(self) -> bool:
        """Whether every gate passed."""
        return set(self.gates.values()) == {PASS}


def pack_verify(file: Path, trust: Trust, report: Report) -> VerifiedPack | None:
    """Check a pack by itself.

    Args:
        file: The pack.
        trust: The keys to believe.
        report: Where every check is noted.

    Returns:
        What the pack says, or None when a check failed.
    """
    pack = report.attempt(
        "container",
        lambda: pack_read(file),
        lambda found: f"{found.digest}: {len(found.members)} members, every byte as the manifest says",
    )
    if pack is None:
        for name in ("statements", "change", "gates", "risk", "policy", "exceptions"):
            report.not_covered(name, _AFTER)
        return None
    statements = report.attempt(
        "statements",
        lambda: statements_check(pack, trust),
        lambda found: f"{len(found)} signed by the keys of their roles, about this very content",
    )
    change = report.attempt(
        "change",
        lambda: change_check(pack),
        lambda found: f"{len(found.entries)} replaced entries give the result tree and the change commit",
    )
    if statements is None:
        for name in ("gates", "risk", "policy"):
            report.not_covered(name, _AFTER)
        gates, risk, policy = None, None, None
    else:
        gates = report.attempt("gates", lambda: gates_check(pack, statements), _gates_detail)
        risk = report.attempt("risk", lambda: risk_check(pack, statements), _risk_detail)
        policy = _policy(pack, risk, report)
    trial: str | None = ""
    if TRIAL in pack.subject:
        trial = report.attempt("trial", lambda: trial_read(pack.subject, _SUBJECT), trial_detail)
    exceptions = report.attempt(
        "exceptions",
        lambda: (exceptions_check(pack), relaxed_read(pack)),
        lambda found: f"{found[0]} in force, each bounded",
    )
    report.not_covered(
        "reports",
        "that the gates measured rightly, and that the diff's lines are those of its blobs, rests on the "
        "keys that signed them",
    )
    if change is None or gates is None or risk is None or policy is None:
        return None
    if exceptions is None or trial is None:
        return None
    return VerifiedPack(pack, change, gates, risk, policy, trial, exceptions[1])


def decisions_beside(file: Path) -> list[Path]:
    """The decisions that lie beside a pack: in its directory, or in ``decisions/`` of its export."""
    places = [file.parent.glob("*.dsse.json")]
    if file.parent.name == "packs":
        places.append((file.parent.parent / "decisions").glob("*.dsse.json"))
    return sorted(path for place in places for path in place)


def decisions_verify(
    verified: VerifiedPack, files: Sequence[Path], trust: Trust, report: Report
) -> list[Decision]:
    """Check the decisions on a pack, as far as this is possible without the log.

    Returns:
        The decisions on this pack that hold.
    """
    found: list[Decision] = []

    def check() -> list[Decision]:
        for path in files:
            decision = decision_verify(envelope_file(path), trust.roles["decisions"])
            if decision.subject_digest == verified.pack.digest:
                decision_bound(decision, verified)
                decision_valid(
                    decision, logged_at=decision.decided_at, allow_unattended=trust.allow_unattended
                )
                found.append(decision)
        return found

    if not files:
        report.not_covered("decision", "none lies beside the pack")
        return []
    result = report.attempt("decision", check, _decisions_detail)
    report.not_covered("log", "that the decisions are in the log, and which: verify the log")
    return result or []


def decision_bound(decision: Decision, verified: VerifiedPack) -> None:
    """Check that a decision is bound to exactly this pack.

    Raises:
        RefusedError: Any of what it is bound to is another, or the approver took part in the change.
    """
    pack, change = verified.pack, decision.change
    if change is None or decision.subject_digest != pack.digest:
        raise RefusedError("decision.pack", "the decision is on another pack")
    pairs = {
        "run": (change.run_id, pack.subject["run_id"]),
        "base commit": (change.base_commit, pack.subject["base_commit"]),
        "result tree": (change.result_tree, pack.subject["result_tree"]),
        "manifest digest": (change.manifest_digest, pack.digest),
        "score": (change.score, verified.risk.score),
        "rule set": (change.ruleset_digest, pack.subject["ruleset_digest"]),
    }
    for what, (bound, actual) in pairs.items():
        if bound != actual:
            raise RefusedError("decision.binding", f"the decision is bound to another {what}")
    if decision.trial != verified.trial:
        raise RefusedError("decision.trial", "decision and pack disagree on whether it is self-approved")
    excluded = pack.subject["excluded"]
    if not isinstance(excluded, list) or not decision.excluded.issuperset(str(item) for item in excluded):
        raise RefusedError("decision.excluded", "the decision leaves out persons whom the pack excludes")


def envelope_file(path: Path) -> bytes:
    """Read a stored envelope.

    Raises:
        RefusedError: It is too large to be one.
    """
    with path.open("rb") as stream:
        data = stream.read(MAX_ENVELOPE_BYTES + 1)
    if len(data) > MAX_ENVELOPE_BYTES:
        raise RefusedError("dsse.size", f"an envelope is larger than {MAX_ENVELOPE_BYTES} bytes")
    return data


def _policy(pack: Pack, risk: RiskFacts | None, report: Report) -> Policy | None:
    if risk is None:
        report.not_covered("policy", _AFTER)
        return None
    return report.attempt("policy", lambda: policy_check(pack, risk), _policy_detail)


def trial_detail(branch: str) -> str:
    """What a reader has to know of a trial."""
    return (
        f"{SELF_APPROVED}: one person may have made and approved this alone; it counts on the branch "
        f"{branch[:80]!a} only"
    )


def _gates_detail(gates: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {status}" for name, status in sorted(gates.items()))


def _risk_detail(risk: RiskFacts) -> str:
    unknown = f"; unknown: {', '.join(risk.unknown)}" if risk.unknown else ""
    beside = len(risk.recomputed.beside)
    others = f", together with {beside} other changes of its session to the same files" if beside else ""
    return f"recomputed from the recorded inputs: {risk.score} of 100{others}{unknown}"


def _policy_detail(policy: Policy) -> str:
    people = ", ".join(f"{count} x {role}" for role, count in policy.quorum)
    return f"{policy.tier}: {people}{'; blocked' if policy.blocked else ''}"


def _decisions_detail(decisions: Sequence[Decision]) -> str:
    if not decisions:
        return "no decision on this pack among those beside it"
    approvals = sum(decision.verdict == APPROVE for decision in decisions)
    unattended = ", UNATTENDED: made without a person" if any(d.unattended for d in decisions) else ""
    alone = f", {SELF_APPROVED}" if any(d.trial for d in decisions) else ""
    alone += ", UNDER BREAK-GLASS" if any(d.break_glass for d in decisions) else ""
    return f"{approvals} of {len(decisions)} approve exactly this pack{unattended}{alone}"
