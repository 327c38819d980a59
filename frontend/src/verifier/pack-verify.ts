// The verification of one pack, check by check.
import { type Decision, decisionValid, decisionVerify, APPROVE } from "./decision";
import type { Bytes } from "./bytes";
import { Refused } from "./errors";
import { type Pack, packRead } from "./pack";
import {
  type ChangeFacts,
  changeCheck,
  exceptionsCheck,
  gatesCheck,
  PASS,
  type Policy,
  policyCheck,
  riskCheck,
  type RiskFacts,
  statementsCheck,
} from "./pack-facts";
import { type PackRelaxed, relaxedRead } from "./relaxed-pack";
import type { Report } from "./report";
import type { Source } from "./source";
import { trialRead } from "./trial";
import { roleKeys, type Trust } from "./trust";
import { compare, cut } from "./bytes";
import { SELF_APPROVED, TRIAL } from "./vocabulary";

const MAX_ENVELOPE_BYTES = 1024 * 1024;
const SUBJECT = "the subject of the pack";
const AFTER = "not reached: an earlier check failed";

/** A pack of which every check held. */
export interface VerifiedPack {
  readonly pack: Pack;
  readonly change: ChangeFacts;
  readonly gates: ReadonlyMap<string, string>;
  readonly risk: RiskFacts;
  readonly policy: Policy;
  /** Whether every gate passed. */
  readonly passed: boolean;
  /** The branch of the trial that the pack belongs to; nothing where it is none. */
  readonly trial: string;
  /** What it says of broken rules and exceptions; undefined for a pack of before this was told. */
  readonly relaxed: PackRelaxed | undefined;
}

/** Check a pack by itself; gives what it says, or undefined when a check failed. */
export async function packVerify(source: Source, trust: Trust, report: Report): Promise<VerifiedPack | undefined> {
  const pack = await report.attempt(
    "container",
    () => packRead(source),
    (found) => `${found.digest}: ${found.members.size} members, every byte as the manifest says`,
  );
  if (pack === undefined) {
    for (const name of ["statements", "change", "gates", "risk", "policy", "exceptions"]) report.notCovered(name, AFTER);
    return undefined;
  }
  const statements = await report.attempt(
    "statements",
    () => statementsCheck(pack, trust),
    (found) => `${found.size} signed by the keys of their roles, about this very content`,
  );
  const change = await report.attempt(
    "change",
    () => changeCheck(pack),
    (found) => `${found.entries.length} replaced entries give the result tree and the change commit`,
  );
  let gates: ReadonlyMap<string, string> | undefined;
  let risk: RiskFacts | undefined;
  let policy: Policy | undefined;
  if (statements === undefined) for (const name of ["gates", "risk", "policy"]) report.notCovered(name, AFTER);
  else {
    gates = await report.attempt("gates", () => gatesCheck(pack, statements), gatesDetail);
    risk = await report.attempt("risk", () => riskCheck(pack, statements), riskDetail);
    policy = await policyAttempt(pack, risk, report);
  }
  let trial: string | undefined = "";
  if (pack.subject.has(TRIAL)) trial = await report.attempt("trial", () => trialRead(pack.subject, SUBJECT), trialDetail);
  const exceptions = await report.attempt(
    "exceptions",
    async () => ({ count: await exceptionsCheck(pack), relaxed: await relaxedRead(pack) }),
    ({ count }) => `${count} in force, each bounded`,
  );
  report.notCovered(
    "reports",
    "that the gates measured rightly, and that the diff's lines are those of its blobs, rests on the " +
      "keys that signed them",
  );
  if (change === undefined || gates === undefined || risk === undefined) return undefined;
  if (policy === undefined || exceptions === undefined || trial === undefined) return undefined;
  const passed = [...gates.values()].every((status) => status === PASS);
  return { pack, change, gates, risk, policy, passed, trial, relaxed: exceptions.relaxed };
}

/** Check the decisions on a pack, as far as this is possible without the log. */
export async function decisionsVerify(
  verified: VerifiedPack,
  envelopes: readonly Source[],
  trust: Trust,
  report: Report,
): Promise<void> {
  if (envelopes.length === 0) {
    report.notCovered("decision", "none lies beside the pack");
    return;
  }
  await report.attempt(
    "decision",
    async () => {
      const found: Decision[] = [];
      for (const envelope of envelopes) {
        const decision = await decisionVerify(await envelopeRead(envelope), roleKeys(trust, "decisions"));
        if (decision.subjectDigest !== verified.pack.digest) continue;
        decisionBound(decision, verified);
        decisionValid(decision, decision.decidedAt, trust.allowUnattended);
        found.push(decision);
      }
      return found;
    },
    decisionsDetail,
  );
  report.notCovered("log", "that the decisions are in the log, and which: verify the log");
}

/** Check that a decision is bound to exactly this pack. */
export function decisionBound(decision: Decision, { pack, risk, trial }: VerifiedPack): void {
  const { change } = decision;
  if (change === null || decision.subjectDigest !== pack.digest) {
    throw new Refused("decision.pack", "the decision is on another pack");
  }
  const pairs: readonly [string, unknown, unknown][] = [
    ["run", change.runId, pack.subject.get("run_id")],
    ["base commit", change.baseCommit, pack.subject.get("base_commit")],
    ["result tree", change.resultTree, pack.subject.get("result_tree")],
    ["manifest digest", change.manifestDigest, pack.digest],
    ["score", change.score, risk.score],
    ["rule set", change.rulesetDigest, pack.subject.get("ruleset_digest")],
  ];
  for (const [what, bound, actual] of pairs) {
    if (bound !== actual) throw new Refused("decision.binding", `the decision is bound to another ${what}`);
  }
  if (decision.trial !== trial) {
    throw new Refused("decision.trial", "decision and pack disagree on whether it is self-approved");
  }
  const excluded = pack.subject.get("excluded");
  if (!Array.isArray(excluded) || excluded.some((item) => typeof item !== "string" || !decision.excluded.has(item))) {
    throw new Refused("decision.excluded", "the decision leaves out persons whom the pack excludes");
  }
}

async function envelopeRead(source: Source): Promise<Bytes> {
  if (source.size > MAX_ENVELOPE_BYTES) {
    throw new Refused("dsse.size", `an envelope is larger than ${MAX_ENVELOPE_BYTES} bytes`);
  }
  return source.read(0, source.size);
}

async function policyAttempt(pack: Pack, risk: RiskFacts | undefined, report: Report): Promise<Policy | undefined> {
  if (risk !== undefined) return report.attempt("policy", () => policyCheck(pack, risk), policyDetail);
  report.notCovered("policy", AFTER);
  return undefined;
}

function trialDetail(branch: string): string {
  return (
    `${SELF_APPROVED}: one person may have made and approved this alone; it counts on the branch ` +
    `'${cut(branch, 80)}' only`
  );
}

function gatesDetail(gates: ReadonlyMap<string, string>): string {
  const sorted = [...gates].sort(([one], [other]) => compare(one, other));
  return sorted.map(([name, status]) => `${name} ${status}`).join(", ");
}

function riskDetail({ score, unknown, recomputed }: RiskFacts): string {
  const beside = recomputed.beside.length;
  const others = beside > 0 ? `, together with ${beside} other changes of its session to the same files` : "";
  const open = unknown.length > 0 ? `; unknown: ${unknown.join(", ")}` : "";
  return `recomputed from the recorded inputs: ${score} of 100${others}${open}`;
}

function policyDetail({ tier, quorum, blocked }: Policy): string {
  return `${tier}: ${quorum.map(([role, count]) => `${count} x ${role}`).join(", ")}${blocked ? "; blocked" : ""}`;
}

function decisionsDetail(decisions: readonly Decision[]): string {
  if (decisions.length === 0) return "no decision on this pack among those beside it";
  const approvals = decisions.filter(({ verdict }) => verdict === APPROVE).length;
  const unattended = decisions.some((decision) => decision.unattended) ? ", UNATTENDED: made without a person" : "";
  const alone = decisions.some(({ trial }) => trial !== "") ? `, ${SELF_APPROVED}` : "";
  const glass = decisions.some(({ breakGlass }) => breakGlass !== "") ? ", UNDER BREAK-GLASS" : "";
  return `${approvals} of ${decisions.length} approve exactly this pack${unattended}${alone}${glass}`;
}
