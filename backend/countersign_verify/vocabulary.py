"""The names that packs, statements and logs are written in: one list for writer and verifier."""

from typing import Final

from countersign_verify import dsse

# --- formats --------------------------------------------------------------------------------------

PACK_FORMAT: Final = "countersign/pack/v1"
EXPORT_FORMAT: Final = "countersign/export/v1"
TRUST_FORMAT: Final = "countersign/trust/v1"
PHASE_PROOF_FORMAT: Final = "countersign/phase-proof/v1"

# --- the pack -------------------------------------------------------------------------------------

MANIFEST: Final = "manifest.json"
ATTESTATIONS: Final = "attestations/"
GATE_REPORTS: Final = "gates/"
CONTENT_SUBJECT: Final = "countersign-pack-content"  # what the statements inside a pack name
PACK_SUBJECT: Final = "countersign-pack"  # what decisions and addenda name

# What `subject` of a manifest carries; values of the first group are strings.
SUBJECT_TEXTS: Final = (
    "project",
    "run_id",
    "base_commit",
    "base_tree",
    "change_commit",
    "result_tree",
    "ruleset_digest",
    "isolation",
)
SUBJECT_INTEGERS: Final = ("attempt", "score")
SUBJECT_LISTS: Final = ("excluded",)  # ids of the persons who can never approve this change

# What a pack of a trial and the decisions on it say besides: {"approval": SELF_APPROVED, "branch": ...}.
TRIAL: Final = "trial"
SELF_APPROVED: Final = "self-approved"
TRIAL_BRANCHES: Final = "trial/"
TRIAL_TRAILER: Final = "Countersign-Approval: self-approved"  # in the message of the merge commit

# Who must decide on a change: the tier of a policy, and the role that the tier of the CAB can't do without.
TIER_STANDARD: Final = "director"
TIER_CAB: Final = "cab"
ROLE_CAB: Final = "cab_member"

SESSION: Final = "session"  # in the subject of a pack: the analysis session that the change belongs to

BREAK_GLASS: Final = "break_glass"  # in a decision: the window under which it was made
BREAK_GLASS_TRAILER: Final = "Countersign-Break-Glass"  # in the message of the merge commit, with its id

# Every field that an evidence pack answers; one that does not apply says why.
FIELDS: Final = (
    "artifact_hashes",
    "signatures",
    "sbom",
    "scan_results",
    "policy_decision",
    "install",
    "uninstall",
    "detection",
    "rollout_plan",
    "rollback_plan",
    "test_evidence",
    "exceptions",
)
FIELDS_ALWAYS: Final = frozenset(
    {"artifact_hashes", "signatures", "policy_decision", "rollback_plan", "test_evidence"}
)

MEMBER_BASE_COMMIT: Final = "change/base-commit"  # raw commit object
MEMBER_BASE_TREE: Final = "change/base-tree.json"  # [{"path","mode","blob"}], sorted by path
MEMBER_COMMIT: Final = "change/commit"  # raw commit object
MEMBER_DIFF: Final = "change/diff.patch"
MEMBER_ENTRIES: Final = "change/entries.json"  # [{"path","mode","blob"|null}], sorted by path
MEMBER_PROMPT: Final = "prompt/prompt.md"
MEMBER_TRANSCRIPT: Final = "agent/transcript.txt"
MEMBER_CALL: Final = "agent/call.json"
MEMBER_POLICY: Final = "governance/policy.json"
MEMBER_RULESET: Final = "governance/ruleset.json"  # the very bytes that `ruleset_digest` names
MEMBER_RISK_INPUTS: Final = "risk/inputs.json"  # {factor: [input, ...]}
MEMBER_TOGETHER: Final = "risk/together.json"  # optional: [{"run_id","pack","paths","inputs"}], by run
MEMBER_ROLLBACK: Final = "rollback/plan.md"
MEMBER_EXCEPTIONS: Final = "governance/exceptions.json"
MEMBER_VIOLATIONS: Final = "governance/violations.json"  # [{"rule","version","blocking","exception",...}]
STOPPED: Final = "stopped"  # in the policy: the rules that stop the change; older packs don't say

STATEMENT_GATES: Final = "attestations/gates.dsse.json"
STATEMENT_PROVENANCE: Final = "attestations/provenance.dsse.json"
STATEMENT_RISK: Final = "attestations/risk.dsse.json"
STATEMENT_TESTS: Final = "attestations/tests.dsse.json"
STATEMENT_VULNERABILITIES: Final = "attestations/vulnerabilities.dsse.json"

# member -> (role of the key that signs it, predicate type, must be there)
STATEMENTS: Final = {
    STATEMENT_GATES: ("gates", dsse.GATES_V1, True),
    STATEMENT_PROVENANCE: ("runner", dsse.PROVENANCE_V1, True),
    STATEMENT_RISK: ("scorer", dsse.RISK_V1, True),
    STATEMENT_TESTS: ("gates", dsse.TEST_RESULT_V1, True),
    STATEMENT_VULNERABILITIES: ("gates", dsse.VULNERABILITIES_V1, False),
}

REQUIRED_MEMBERS: Final = (
    MEMBER_CALL,
    MEMBER_TRANSCRIPT,
    STATEMENT_GATES,
    STATEMENT_PROVENANCE,
    STATEMENT_RISK,
    STATEMENT_TESTS,
    MEMBER_BASE_COMMIT,
    MEMBER_BASE_TREE,
    MEMBER_COMMIT,
    MEMBER_DIFF,
    MEMBER_ENTRIES,
    MEMBER_POLICY,
    MEMBER_RULESET,
    MEMBER_PROMPT,
    MEMBER_RISK_INPUTS,
    MEMBER_ROLLBACK,
)

# --- the log --------------------------------------------------------------------------------------

# Events that the verifier holds against the files of an export, and the data they must carry.
EVENT_PACK_SEALED: Final = "pack.sealed"
EVENT_PACK_UNMADE: Final = "pack.key_destroyed"
EVENT_DECISION: Final = "decision.recorded"
EVENT_ADDENDUM: Final = "addendum.sealed"
EVENT_MERGE_INTENDED: Final = "merge.intended"
EVENT_MERGE_ABANDONED: Final = "merge.abandoned"
EVENT_MERGED: Final = "run.merged"
EVENT_REQUEST_VOIDED: Final = "approval.voided"
EVENT_REQUEST_EXPIRED: Final = "approval.expired"
EVENT_GLASS_REQUESTED: Final = "break_glass.requested"
EVENT_GLASS_OPENED: Final = "break_glass.opened"
EVENT_GLASS_CLOSED: Final = "break_glass.closed"
EVENT_GLASS_REVIEWED: Final = "break_glass.reviewed"
EVENT_TRIAL_BEGUN: Final = "trial.begun"
EVENT_ROLE_GRANTED: Final = "role.granted"
EVENT_ROLE_REVOKED: Final = "role.revoked"
EVENT_CREDENTIAL_PROPOSED: Final = "credential.proposed"
EVENT_CREDENTIAL_CONFIRMED: Final = "credential.confirmed"
EVENT_CREDENTIAL_REVOKED: Final = "credential.revoked"
EVENT_QUORUM_PROPOSED: Final = "quorum_policy.proposed"
EVENT_QUORUM_SET: Final = "quorum_policy.set"
EVENT_TOKEN_ISSUED: Final = "token.issued"  # noqa: S105 - the name of an event
EVENT_RUN_CREATED: Final = "run.created"
EVENT_REQUESTED: Final = "approval.requested"
EVENT_WAIVER_GRANTED: Final = "waiver.granted"
EVENT_WAIVER_REVOKED: Final = "waiver.revoked"
EVENT_RULE_MODE: Final = "rule.mode_changed"
EVENT_RULES_SYNCED: Final = "rules.synced"
EVENT_PLAN_IMPORTED: Final = "plan.imported"
EVENT_INPUT_ANSWERED: Final = "plan.input_answered"

EVENT_DATA: Final = {
    EVENT_PACK_SEALED: frozenset({"pack"}),
    EVENT_PACK_UNMADE: frozenset({"pack", "reason"}),
    EVENT_DECISION: frozenset({"decision_id", "request_id", "statement_digest", "verdict"}),
    EVENT_ADDENDUM: frozenset({"addendum_id", "pack", "statement_digest"}),
    EVENT_REQUEST_VOIDED: frozenset(),
    EVENT_REQUEST_EXPIRED: frozenset(),
    EVENT_MERGE_ABANDONED: frozenset(),
    EVENT_GLASS_REQUESTED: frozenset({"project", "reason"}),
    EVENT_GLASS_OPENED: frozenset({"project", "requested_by", "opened_at", "expires_at", "permits"}),
    EVENT_GLASS_CLOSED: frozenset(),
    EVENT_GLASS_REVIEWED: frozenset({"review"}),
    EVENT_TRIAL_BEGUN: frozenset({"project"}),
    EVENT_ROLE_GRANTED: frozenset({"role"}),
    EVENT_ROLE_REVOKED: frozenset({"role"}),
    EVENT_CREDENTIAL_PROPOSED: frozenset({"person_id", "credential", "public_key", "rp_id"}),
    EVENT_CREDENTIAL_CONFIRMED: frozenset({"person_id", "credential", "fingerprint"}),
    EVENT_CREDENTIAL_REVOKED: frozenset({"person_id", "credential"}),
    EVENT_QUORUM_PROPOSED: frozenset({"policy_id", "project", "tiers"}),
    EVENT_QUORUM_SET: frozenset({"policy_id", "project", "tiers"}),
    EVENT_TOKEN_ISSUED: frozenset(),
    EVENT_RUN_CREATED: frozenset({"work_item_id", "prompters"}),
    EVENT_REQUESTED: frozenset({"about"}),
    EVENT_WAIVER_GRANTED: frozenset({"rule", "run_id", "expires_at", "paths"}),
    EVENT_WAIVER_REVOKED: frozenset(),
    EVENT_RULE_MODE: frozenset({"version", "from", "to"}),
    EVENT_RULES_SYNCED: frozenset({"rules"}),
    EVENT_PLAN_IMPORTED: frozenset(),
    EVENT_INPUT_ANSWERED: frozenset({"project_id", "code", "input", "answer_id", "kind", "digest"}),
    EVENT_MERGE_INTENDED: frozenset({"base_before", "merge_commit", "result_tree", "state_commit", "tag"}),
    EVENT_MERGED: frozenset(
        {
            "addendum",
            "base_before",
            "decision_ids",
            "merge_commit",
            "pack",
            "result_tree",
            "state_commit",
            "tag",
        }
    ),
}
# What of it must be text for the history that every other check begins from.
EVENT_TEXTS: Final = {
    EVENT_PACK_SEALED: ("pack",),
    EVENT_PACK_UNMADE: ("pack", "reason"),
    EVENT_TRIAL_BEGUN: ("project",),
}
# Any event whose subject is ("phase", id) may carry `proof_digest`, which binds phases/<id>.json.
PROOF_DIGEST: Final = "proof_digest"
