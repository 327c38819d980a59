// Decisions (`approval/v1`): what a person signed, what it is bound to, and what makes a quorum.
import { type Bytes, utf8 } from "./bytes";
import { envelopeOpen, type Keys, type Statement, statementRead, subjectIs } from "./dsse";
import { digestCheck, digestHex, flag, given, integer, keysExact, list, object, text } from "./encoding";
import { Refused } from "./errors";
import { digestBytes, sha256 } from "./hash";
import type { JsonObject } from "./json";
import { sortedTexts } from "./pack";
import type { Quorum } from "./pack-facts";
import { timeCheck } from "./time";
import { objectIdCheck } from "./tree";
import { trialRead } from "./trial";
import { APPROVAL_V1, BREAK_GLASS, PACK_SUBJECT, TRIAL } from "./vocabulary";

const VERSION = 1;
export const APPROVE = "approve";
const VERDICTS = new Set([APPROVE, "reject", "request_changes"]);
const KIND_CHANGE = "change";
const KIND = /^[a-z]+(?:_[a-z]+)*$/;
const WHERE = "the decision";
const DOMAIN = utf8("countersign/decision/v1\n");
const MIN_NONCE = 16;
const FIELDS = [
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
];
const OPTIONAL = [TRIAL, BREAK_GLASS];
const SUBJECT = new Set(["kind", "id", "digest"]);
const APPROVER = ["person_id", "user_id", "key", "role"];
const CHANGE = new Set(["run_id", "base_commit", "result_tree", "manifest_digest", "score", "ruleset_digest"]);

/** The change that a decision is bound to. */
export interface DecidedChange {
  readonly runId: string;
  readonly baseCommit: string;
  readonly resultTree: string;
  readonly manifestDigest: string;
  readonly score: number;
  readonly rulesetDigest: string;
}

/** A decision whose signature holds. */
export interface Decision {
  /** Digest of the signed statement; the log names it. */
  readonly statementDigest: string;
  /** What the approver's own passkey had to sign, where `passkey` says that one did. */
  readonly challenge: Bytes;
  readonly requestId: string;
  readonly subjectKind: string;
  readonly subjectId: string;
  readonly subjectDigest: string;
  readonly change: DecidedChange | null;
  readonly verdict: string;
  readonly personId: string;
  readonly userId: string;
  readonly key: string;
  readonly role: string;
  readonly nonce: string;
  readonly expiresAt: string;
  readonly decidedAt: string;
  readonly unattended: boolean;
  readonly carryOverAllowed: boolean;
  readonly excluded: ReadonlySet<string>;
  readonly passkey: boolean;
  /** The branch of the trial in which it was made; nothing where it was made in none. */
  readonly trial: string;
  /** The break-glass window under which it was made; nothing where under none. */
  readonly breakGlass: string;
}

/** Check the stored envelope of a decision and read it. */
export async function decisionVerify(data: Bytes, keys: Keys): Promise<Decision> {
  const { payload, signers } = await envelopeOpen(data, keys);
  const decision = decisionRead(statementRead(payload, APPROVAL_V1), payload);
  if (!signers.includes(decision.key)) {
    throw new Refused("decision.key", "the decision names a key that did not sign it");
  }
  return decision;
}

/** Read the statement of a decision, field by field. */
function decisionRead(statement: Statement, payload: Bytes): Decision {
  const data = statement.predicate;
  keysExact(data, new Set([...FIELDS, ...OPTIONAL.filter((name) => data.has(name))]), WHERE);
  if (integer(data, "v", WHERE) !== VERSION) {
    throw new Refused("decision.version", "the decision is of no known version");
  }
  const { kind, id, digest } = subjectRead(object(data, "subject", WHERE));
  const named = kind === KIND_CHANGE ? PACK_SUBJECT : `countersign-${kind}`;
  if (!subjectIs(statement, named, digestHex(digest))) {
    throw new Refused("decision.subject", "the decision and its statement name different subjects");
  }
  const verdict = text(data, "verdict", WHERE);
  if (!VERDICTS.has(verdict)) throw new Refused("decision.verdict", `the verdict ${verdict} is not known`);
  digestCheck(given(data, "reason_digest"), "the reason of the decision");
  const approver = object(data, "approver", WHERE);
  const passkey = approver.has("passkey");
  keysExact(approver, new Set(passkey ? [...APPROVER, "passkey"] : APPROVER), "the approver of the decision");
  if (passkey && given(approver, "passkey") !== true) {
    throw new Refused("decision.passkey", "a decision says of a passkey that there is one, or nothing");
  }
  const nonce = text(data, "nonce", WHERE);
  if (Array.from(nonce).length < MIN_NONCE) {
    throw new Refused("decision.nonce", `a nonce has at least ${MIN_NONCE} characters`);
  }
  const change = given(data, "change") === null ? null : changeRead(object(data, "change", WHERE));
  if ((change === null) === (kind === KIND_CHANGE)) {
    throw new Refused("decision.change", "a decision names a change if and only if it is on one");
  }
  return {
    statementDigest: digestBytes(payload),
    challenge: sha256(DOMAIN, payload),
    requestId: said(data, "request_id"),
    subjectKind: kind,
    subjectId: id,
    subjectDigest: digest,
    change,
    verdict,
    personId: said(approver, "person_id"),
    userId: said(approver, "user_id"),
    key: said(approver, "key"),
    role: said(approver, "role"),
    nonce,
    expiresAt: timeCheck(given(data, "expires_at"), "the expiry of the decision"),
    decidedAt: timeCheck(given(data, "decided_at"), "the time of the decision"),
    unattended: flag(data, "unattended", WHERE),
    carryOverAllowed: flag(data, "carry_over_allowed", WHERE),
    excluded: excludedRead(data),
    passkey,
    trial: trialRead(data, WHERE),
    breakGlass: breakGlassRead(data, kind, verdict),
  };
}

/** Check what makes a decision count at all, whatever it is about. */
export function decisionValid(decision: Decision, loggedAt: string, allowUnattended: boolean): void {
  if (decision.expiresAt < decision.decidedAt || decision.expiresAt < loggedAt) {
    throw new Refused("decision.expired", "the decision was made after its request had expired");
  }
  if (decision.excluded.has(decision.personId) && decision.trial === "") {
    throw new Refused("decision.excluded", "the approver took part in the change and cannot approve it");
  }
  if (decision.unattended && !allowUnattended) {
    throw new Refused("decision.unattended", "no person made the decision, and the trust file asks for one");
  }
}

/** Check that enough different people approved in the roles that the policy asks for. */
export function quorumCheck(decisions: readonly Decision[], quorum: Quorum): void {
  if (decisions.some(({ verdict }) => verdict !== APPROVE)) {
    throw new Refused("quorum.verdict", "a decision is not an approval");
  }
  const [first, ...others] = decisions;
  const another = others.some(
    (item) =>
      item.requestId !== first?.requestId ||
      item.subjectId !== first.subjectId ||
      item.subjectDigest !== first.subjectDigest,
  );
  if (another) throw new Refused("quorum.request", "the decisions are on different requests");
  const people = new Set(decisions.map(({ personId }) => personId));
  const users = new Set(decisions.map(({ userId }) => userId));
  if (people.size < decisions.length || users.size < decisions.length) {
    throw new Refused("quorum.person", "one person decided twice");
  }
  const needed = new Map<string, number>();
  for (const [role, count] of quorum) needed.set(role, (needed.get(role) ?? 0) + count);
  if (needed.size === 0 || [...needed.values()].some((count) => count < 1)) {
    throw new Refused("quorum.empty", "the policy asks for nobody");
  }
  for (const [role, count] of needed) {
    const actual = decisions.filter((decision) => decision.role === role).length;
    if (actual < count) throw new Refused("quorum.short", `${actual} of ${count} approved in the role ${role}`);
  }
}

function subjectRead(data: JsonObject): { kind: string; id: string; digest: string } {
  keysExact(data, SUBJECT, "the subject of the decision");
  const kind = said(data, "kind");
  if (!KIND.test(kind)) throw new Refused("decision.kind", `${kind} is no kind of subject`);
  return { kind, id: said(data, "id"), digest: digestCheck(given(data, "digest"), "the subject of the decision") };
}

/** The window under which the decision was made; only the approval of a change can be. */
function breakGlassRead(data: JsonObject, kind: string, verdict: string): string {
  if (!data.has(BREAK_GLASS)) return "";
  if (kind !== KIND_CHANGE || verdict !== APPROVE) {
    throw new Refused("decision.break_glass", "only a change is approved under break-glass");
  }
  return said(data, BREAK_GLASS);
}

function changeRead(data: JsonObject): DecidedChange {
  keysExact(data, CHANGE, "the change of the decision");
  return {
    runId: said(data, "run_id"),
    baseCommit: objectIdCheck(given(data, "base_commit"), "the base commit of the decision"),
    resultTree: objectIdCheck(given(data, "result_tree"), "the result tree of the decision"),
    manifestDigest: digestCheck(given(data, "manifest_digest"), "the manifest of the decision"),
    score: integer(data, "score", "the change of the decision"),
    rulesetDigest: digestCheck(given(data, "ruleset_digest"), "the rule set of the decision"),
  };
}

function excludedRead(data: JsonObject): ReadonlySet<string> {
  const ids = sortedTexts(list(data, "excluded", WHERE));
  if (ids === undefined) throw new Refused("decision.excluded", "the excluded persons are not a sorted list of ids");
  return new Set(ids);
}

/** A field that is text and says something. */
function said(data: JsonObject, name: string): string {
  const value = text(data, name, WHERE);
  if (value === "") throw new Refused("field.empty", `${name} of the decision is empty`);
  return value;
}
