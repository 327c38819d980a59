// The names that packs, statements and logs are written in.

export const PACK_FORMAT = "countersign/pack/v1";
export const EXPORT_FORMAT = "countersign/export/v1";
export const TRUST_FORMAT = "countersign/trust/v1";

export const MANIFEST = "manifest.json";
export const ATTESTATIONS = "attestations/";
export const GATE_REPORTS = "gates/";
export const CONTENT_SUBJECT = "countersign-pack-content"; // what the statements inside a pack name
export const PACK_SUBJECT = "countersign-pack"; // what decisions and addenda name

export const SUBJECT_TEXTS = [
  "project",
  "run_id",
  "base_commit",
  "base_tree",
  "change_commit",
  "result_tree",
  "ruleset_digest",
  "isolation",
] as const;
export const SUBJECT_INTEGERS = ["attempt", "score"] as const;
export const SUBJECT_LISTS = ["excluded"] as const;

export const TRIAL = "trial";
export const SELF_APPROVED = "self-approved";
export const TRIAL_BRANCHES = "trial/";
export const TRIAL_TRAILER = "Countersign-Approval: self-approved";
export const TIER_STANDARD = "director";
export const TIER_CAB = "cab";
export const ROLE_CAB = "cab_member";
export const SESSION = "session";
export const BREAK_GLASS = "break_glass";
export const BREAK_GLASS_TRAILER = "Countersign-Break-Glass";

/** Every field that an evidence pack answers; one that does not apply says why. */
export const FIELDS = [
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
] as const;
export const FIELDS_ALWAYS: ReadonlySet<string> = new Set([
  "artifact_hashes",
  "signatures",
  "policy_decision",
  "rollback_plan",
  "test_evidence",
]);

export const MEMBER_BASE_COMMIT = "change/base-commit";
export const MEMBER_BASE_TREE = "change/base-tree.json";
export const MEMBER_COMMIT = "change/commit";
export const MEMBER_DIFF = "change/diff.patch";
export const MEMBER_ENTRIES = "change/entries.json";
export const MEMBER_PROMPT = "prompt/prompt.md";
export const MEMBER_TRANSCRIPT = "agent/transcript.txt";
export const MEMBER_CALL = "agent/call.json";
export const MEMBER_POLICY = "governance/policy.json";
export const MEMBER_RULESET = "governance/ruleset.json";
export const MEMBER_RISK_INPUTS = "risk/inputs.json";
export const MEMBER_TOGETHER = "risk/together.json";
export const MEMBER_ROLLBACK = "rollback/plan.md";
export const MEMBER_EXCEPTIONS = "governance/exceptions.json";
export const MEMBER_VIOLATIONS = "governance/violations.json";
/** In the policy: the rules that stop the change; older packs don't say. */
export const STOPPED = "stopped";

export const STATEMENT_GATES = "attestations/gates.dsse.json";
export const STATEMENT_PROVENANCE = "attestations/provenance.dsse.json";
export const STATEMENT_RISK = "attestations/risk.dsse.json";
export const STATEMENT_TESTS = "attestations/tests.dsse.json";
export const STATEMENT_VULNERABILITIES = "attestations/vulnerabilities.dsse.json";

export const APPROVAL_V1 = "https://countersign.dev/approval/v1";
export const REVERIFICATION_V1 = "https://countersign.dev/reverification/v1";

export interface StatementKind {
  readonly role: string;
  readonly predicateType: string;
  readonly required: boolean;
}

/** The statements of a pack: whose key signs it, what kind it is, whether it must be there. */
export const STATEMENTS: ReadonlyMap<string, StatementKind> = new Map([
  [STATEMENT_GATES, { role: "gates", predicateType: "https://countersign.dev/gates/v1", required: true }],
  [STATEMENT_PROVENANCE, { role: "runner", predicateType: "https://slsa.dev/provenance/v1", required: true }],
  [STATEMENT_RISK, { role: "scorer", predicateType: "https://countersign.dev/risk/v1", required: true }],
  [
    STATEMENT_TESTS,
    { role: "gates", predicateType: "https://in-toto.io/attestation/test-result/v0.1", required: true },
  ],
  [
    STATEMENT_VULNERABILITIES,
    { role: "gates", predicateType: "https://in-toto.io/attestation/vulns/v0.2", required: false },
  ],
]);

export const REQUIRED_MEMBERS = [
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
] as const;

export const EVENT = {
  packSealed: "pack.sealed",
  packUnmade: "pack.key_destroyed",
  decision: "decision.recorded",
  addendum: "addendum.sealed",
  mergeIntended: "merge.intended",
  mergeAbandoned: "merge.abandoned",
  merged: "run.merged",
  requestVoided: "approval.voided",
  requestExpired: "approval.expired",
  glassRequested: "break_glass.requested",
  glassOpened: "break_glass.opened",
  glassClosed: "break_glass.closed",
  glassReviewed: "break_glass.reviewed",
  trialBegun: "trial.begun",
  roleGranted: "role.granted",
  roleRevoked: "role.revoked",
  credentialProposed: "credential.proposed",
  credentialConfirmed: "credential.confirmed",
  credentialRevoked: "credential.revoked",
  quorumProposed: "quorum_policy.proposed",
  quorumSet: "quorum_policy.set",
  tokenIssued: "token.issued",
  runCreated: "run.created",
  requested: "approval.requested",
  waiverGranted: "waiver.granted",
  waiverRevoked: "waiver.revoked",
  ruleMode: "rule.mode_changed",
  rulesSynced: "rules.synced",
  planImported: "plan.imported",
  inputAnswered: "plan.input_answered",
} as const;

/** Events that files of an export are held against, and the data they must carry. */
export const EVENT_DATA: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  [EVENT.packSealed, ["pack"]],
  [EVENT.packUnmade, ["pack", "reason"]],
  [EVENT.decision, ["decision_id", "request_id", "statement_digest", "verdict"]],
  [EVENT.addendum, ["addendum_id", "pack", "statement_digest"]],
  [EVENT.requestVoided, []],
  [EVENT.requestExpired, []],
  [EVENT.mergeAbandoned, []],
  [EVENT.glassRequested, ["project", "reason"]],
  [EVENT.glassOpened, ["project", "requested_by", "opened_at", "expires_at", "permits"]],
  [EVENT.glassClosed, []],
  [EVENT.glassReviewed, ["review"]],
  [EVENT.trialBegun, ["project"]],
  [EVENT.roleGranted, ["role"]],
  [EVENT.roleRevoked, ["role"]],
  [EVENT.credentialProposed, ["person_id", "credential", "public_key", "rp_id"]],
  [EVENT.credentialConfirmed, ["person_id", "credential", "fingerprint"]],
  [EVENT.credentialRevoked, ["person_id", "credential"]],
  [EVENT.quorumProposed, ["policy_id", "project", "tiers"]],
  [EVENT.quorumSet, ["policy_id", "project", "tiers"]],
  [EVENT.tokenIssued, []],
  [EVENT.runCreated, ["work_item_id", "prompters"]],
  [EVENT.requested, ["about"]],
  [EVENT.waiverGranted, ["rule", "run_id", "expires_at", "paths"]],
  [EVENT.waiverRevoked, []],
  [EVENT.ruleMode, ["version", "from", "to"]],
  [EVENT.rulesSynced, ["rules"]],
  [EVENT.planImported, []],
  [EVENT.inputAnswered, ["project_id", "code", "input", "answer_id", "kind", "digest"]],
  [EVENT.mergeIntended, ["base_before", "merge_commit", "result_tree", "state_commit", "tag"]],
  [
    EVENT.merged,
    ["addendum", "base_before", "decision_ids", "merge_commit", "pack", "result_tree", "state_commit", "tag"],
  ],
]);

/** What of it must be text for the history that every other check begins from. */
export const EVENT_TEXTS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  [EVENT.packSealed, ["pack"]],
  [EVENT.packUnmade, ["pack", "reason"]],
  [EVENT.trialBegun, ["project"]],
]);
/** Any event about a phase may carry it, which binds `phases/<id>.json`. */
export const PROOF_DIGEST = "proof_digest";
