// What a pack says, each part recomputed from the others: the change, the gates, the risk, the policy.
import type { Bytes } from "./bytes";
import { diffRead } from "./diff";
import { type Statement, statementVerify } from "./dsse";
import { flag, given, integer, isObject, keysExact, list, says, text } from "./encoding";
import { Refused } from "./errors";
import { digestBytes } from "./hash";
import { canonicalLoads, canonicalObject, type Json, type JsonObject, jsonSame } from "./json";
import type { Pack } from "./pack";
import { CAB_ABOVE, type Inputs } from "./risk";
import { type PackRisk, packRisk } from "./together";
import {
  byPath,
  commitParse,
  commitTree,
  gitObjectId,
  type Replacement,
  type TreeEntry,
  treeId,
  treeReplace,
} from "./tree";
import { type Trust, roleKeys } from "./trust";
import {
  ATTESTATIONS,
  CONTENT_SUBJECT,
  GATE_REPORTS,
  MEMBER_BASE_COMMIT,
  MEMBER_BASE_TREE,
  MEMBER_COMMIT,
  MEMBER_DIFF,
  MEMBER_ENTRIES,
  MEMBER_EXCEPTIONS,
  MEMBER_POLICY,
  MEMBER_RULESET,
  ROLE_CAB,
  STATEMENT_GATES,
  STATEMENT_RISK,
  STATEMENT_TESTS,
  STATEMENTS,
  TIER_CAB,
  TRIAL,
} from "./vocabulary";

export const MAX_TREE_BYTES = 64 * 1024 * 1024;
export const PASS = "pass";
const GATE_STATUSES = new Set([PASS, "fail", "unknown"]);
const ENTRY = new Set(["path", "mode", "blob"]);
const GATE = new Set(["name", "status", "report_digest"]);
const GATES = new Set(["base_commit", "result_tree", "gates"]);
const TOUCHES = "touches_"; // what the names of risk inputs begin with that name a sensitive area
const EXCEPTION_FIELDS = ["expires_at", "compensating_controls"];

export type Statements = ReadonlyMap<string, Statement>;

/** The change of a pack, recomputed down to its commit. */
export interface ChangeFacts {
  readonly baseTree: readonly TreeEntry[];
  readonly entries: readonly Replacement[];
  readonly patchDigest: string;
}

/** The recomputed score, what is not known, which sensitive areas are touched, and what it was made of. */
export interface RiskFacts {
  readonly score: number;
  readonly unknown: readonly string[];
  readonly sensitive: readonly string[];
  readonly recomputed: PackRisk;
}

export type Quorum = readonly (readonly [role: string, count: number])[];

/** Who must decide, as the pack says. */
export interface Policy {
  readonly tier: string;
  readonly quorum: Quorum;
  readonly blocked: boolean;
  readonly passkey: boolean;
}

/** Check every statement: its kind, the role of its key, and that it is about this very content. */
export async function statementsCheck(pack: Pack, trust: Trust): Promise<Statements> {
  for (const path of pack.members.keys()) {
    if (path.startsWith(ATTESTATIONS) && !STATEMENTS.has(path)) {
      throw new Refused("statement.unknown", `${path} is not a statement that packs carry`);
    }
  }
  const statements = new Map<string, Statement>();
  for (const [path, { role, predicateType, required }] of STATEMENTS) {
    if (!pack.members.has(path) && !required) continue;
    const statement = await statementVerify(await pack.read(path), roleKeys(trust, role), predicateType);
    if (`sha256:${statement.subjects.get(CONTENT_SUBJECT)?.get("sha256") ?? ""}` !== pack.contentDigest) {
      throw new Refused("statement.subject", `${path} is about the content of another pack`);
    }
    statements.set(path, statement);
  }
  return statements;
}

/** Recompute base commit, result tree and change commit from the listed files. */
export async function changeCheck(pack: Pack): Promise<ChangeFacts> {
  const baseRaw = await pack.read(MEMBER_BASE_COMMIT);
  const changeRaw = await pack.read(MEMBER_COMMIT);
  const [baseId, baseTreeId] = [pack.text("base_commit"), pack.text("base_tree")];
  const [resultTree, changeId] = [pack.text("result_tree"), pack.text("change_commit")];
  idSame(gitObjectId("commit", baseRaw), baseId, "the base commit");
  idSame(gitObjectId("commit", changeRaw), changeId, "the change commit");
  idSame(commitTree(baseRaw), baseTreeId, "the tree of the base commit");
  const change = commitParse(changeRaw);
  idSame(change.tree, resultTree, "the tree of the change commit");
  if (change.parents.length !== 1 || change.parents[0] !== baseId) {
    throw new Refused("change.parent", "the change commit does not stand on the base commit");
  }
  const baseTree = (await objectsRead(pack, MEMBER_BASE_TREE)).map(treeEntry);
  const entries = entriesRead(canonicalLoads(await pack.read(MEMBER_ENTRIES)));
  idSame(treeId(baseTree), baseTreeId, "the base tree");
  idSame(treeId(treeReplace(baseTree, entries)), resultTree, "the result tree");
  const diff = await pack.read(MEMBER_DIFF, MAX_TREE_BYTES);
  diffCheck(diff, baseTree, entries);
  return { baseTree, entries, patchDigest: digestBytes(diff) };
}

/** Compare the signed verdicts of the gates with their reports; gives the status of each gate. */
export async function gatesCheck(pack: Pack, statements: Statements): Promise<ReadonlyMap<string, string>> {
  const predicate = predicateOf(statements, STATEMENT_GATES);
  keysExact(predicate, GATES, "the gates statement");
  for (const name of ["base_commit", "result_tree"]) {
    if (predicate.get(name) !== pack.subject.get(name)) {
      throw new Refused("gates.subject", `the gates statement is about another ${name}`);
    }
  }
  const verdicts = gatesRead(list(predicate, "gates", "the gates statement"));
  const paths = [...pack.members.keys()].filter((path) => path.startsWith(GATE_REPORTS));
  const reports = new Map(paths.map((path) => [path.slice(GATE_REPORTS.length).replace(/\.json$/, ""), path]));
  if (reports.size !== verdicts.size || [...reports.keys()].some((name) => !verdicts.has(name))) {
    throw new Refused("gates.reports", "the gate reports of the pack are not those of the statement");
  }
  for (const [name, path] of reports) {
    const report = canonicalObject(await pack.read(path));
    const verdict = verdicts.get(name);
    if (pack.members.get(path)?.digest !== verdict?.digest) {
      throw new Refused("gates.digest", `the report of gate ${name} is not the one that was signed`);
    }
    if (report.get("name") !== name || report.get("status") !== verdict?.status) {
      throw new Refused("gates.status", `the report of gate ${name} says something else`);
    }
    if (report.get("result_tree") !== pack.subject.get("result_tree")) {
      throw new Refused("gates.tree", `gate ${name} looked at another tree`);
    }
  }
  // A test result may only say PASSED when the tests gate does.
  const passed = verdicts.get("tests")?.status === PASS;
  if (predicateOf(statements, STATEMENT_TESTS).get("result") !== (passed ? "PASSED" : "FAILED")) {
    throw new Refused("tests.result", "the test result is not what the tests gate says");
  }
  return new Map([...verdicts].map(([name, { status }]) => [name, status]));
}

/** Recompute the risk from its recorded inputs. */
export async function riskCheck(pack: Pack, statements: Statements): Promise<RiskFacts> {
  const recomputed = await packRisk(pack);
  const { score, unknown } = recomputed.risk;
  if (!jsonSame(predicateOf(statements, STATEMENT_RISK), recomputed.predicate)) {
    throw new Refused("risk.statement", `the signed risk is not what its inputs give, which is ${score}`);
  }
  if (pack.subject.get("score") !== score) {
    throw new Refused("risk.score", `the pack states another score than ${score}`);
  }
  return { score, unknown, recomputed, sensitive: sensitiveOf(recomputed.own) };
}

/** The areas of special weight that a change touches, as its recorded inputs say. */
function sensitiveOf(inputs: Inputs): string[] {
  const touched = new Set<string>();
  for (const item of [...inputs.values()].flat()) {
    const [name, value] = [item.get("name"), item.get("value")];
    if (typeof name === "string" && name.startsWith(TOUCHES) && value === true) touched.add(name.slice(TOUCHES.length));
    if (name === "dependencies" && value === "changed") touched.add("dependencies");
  }
  return [...touched];
}

/** Check that the policy decision is not weaker than the risk calls for, and cites its rule set. */
export async function policyCheck(pack: Pack, risk: RiskFacts): Promise<Policy> {
  if (digestBytes(await pack.read(MEMBER_RULESET)) !== pack.text("ruleset_digest")) {
    throw new Refused("policy.ruleset", "the rule set of the pack is not the one that it names");
  }
  const data = canonicalObject(await pack.read(MEMBER_POLICY));
  const quorum = list(data, "quorum", "the policy").map((part): readonly [string, number] => {
    if (!isObject(part)) throw new Refused("policy.quorum", "a part of the quorum is not an object");
    const count = integer(part, "count", "a part of the quorum");
    return [text(part, "role", "a part of the quorum"), count];
  });
  if (quorum.length === 0 || quorum.some(([, count]) => count < 1)) {
    throw new Refused("policy.quorum", "the policy asks for nobody");
  }
  const policy: Policy = {
    tier: text(data, "tier", "the policy"),
    quorum,
    blocked: flag(data, "blocked", "the policy"),
    passkey: data.has("passkey") && flag(data, "passkey", "the policy"),
  };
  const needsCab = risk.score > CAB_ABOVE || risk.unknown.length > 0 || risk.sensitive.length > 0;
  const asked = policy.tier === TIER_CAB && quorum.some(([role]) => role === ROLE_CAB);
  // In a trial one person decides alone, whatever the risk; pack, decision and merge say so.
  if (needsCab && !pack.subject.has(TRIAL) && !asked) {
    throw new Refused("policy.weak", "the risk needs the change advisory board, and the policy asks for less");
  }
  return policy;
}

/** Check that every exception has an expiry and compensating controls; gives their number. */
export async function exceptionsCheck(pack: Pack): Promise<number> {
  if (!pack.members.has(MEMBER_EXCEPTIONS)) return 0;
  const records = await objectsRead(pack, MEMBER_EXCEPTIONS);
  for (const record of records) {
    const lacking = EXCEPTION_FIELDS.find((name) => !says(record.get(name)));
    if (lacking !== undefined) throw new Refused("exception.field", `an exception has no ${lacking}`);
  }
  return records.length;
}

/** Read `[{"name", "status", "report_digest"}]`. */
export function gatesRead(items: readonly Json[]): Map<string, { readonly status: string; readonly digest: string }> {
  const verdicts = new Map<string, { readonly status: string; readonly digest: string }>();
  for (const item of items) {
    if (!isObject(item)) throw new Refused("gates.shape", "a gate's verdict is not an object");
    keysExact(item, GATE, "a gate's verdict");
    const [name, status] = [text(item, "name", "a gate"), text(item, "status", "a gate")];
    if (verdicts.has(name) || !GATE_STATUSES.has(status)) {
      throw new Refused("gates.shape", `the verdict of gate ${name} is malformed`);
    }
    verdicts.set(name, { status, digest: text(item, "report_digest", "a gate") });
  }
  if (verdicts.size === 0) throw new Refused("gates.none", "no gate looked at the change");
  return verdicts;
}

/** Read `[{"path", "mode", "blob" or null}]`, sorted by path. */
export function entriesRead(value: Json): Replacement[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new Refused("change.entries", "the changed entries are not a list of at least one");
  }
  const entries = value.map((item): Replacement => {
    if (!isObject(item)) throw new Refused("change.entries", "a changed entry is not an object");
    const where = "a changed entry";
    keysExact(item, ENTRY, where);
    const blob = given(item, "blob") === null ? null : text(item, "blob", where);
    return { path: text(item, "path", where), mode: text(item, "mode", where), blob };
  });
  if (new Set(entries.map(({ path }) => path)).size !== entries.length) {
    throw new Refused("change.entries", "the changed entries name a path twice");
  }
  return entries.sort(byPath);
}

/** The diff that people saw leads from the base's blobs to exactly the entries that are merged. */
function diffCheck(diff: Bytes, base: readonly TreeEntry[], entries: readonly Replacement[]): void {
  const before = new Map(base.map((entry) => [entry.path, entry]));
  const shown = new Map(diffRead(diff).map((file) => [file.path, file]));
  if (shown.size !== entries.length || entries.some(({ path }) => !shown.has(path))) {
    throw new Refused("diff.paths", "the diff shows other files than the change has");
  }
  for (const { path, mode, blob } of entries) {
    const [file, old] = [shown.get(path), before.get(path)];
    const moved = file?.oldBlob === null && file.newBlob === null; // only the mode moves
    const good = moved ? old?.blob === blob : file?.newBlob === blob && file.oldBlob === (old?.blob ?? null);
    if (!good || (blob !== null && file?.mode !== null && file?.mode !== mode)) {
      throw new Refused("diff.blobs", `the diff of ${path} is of other content`);
    }
  }
}

function treeEntry(item: JsonObject): TreeEntry {
  const where = "an entry of the base tree";
  keysExact(item, ENTRY, where);
  return { path: text(item, "path", where), mode: text(item, "mode", where), blob: text(item, "blob", where) };
}

export async function objectsRead(pack: Pack, path: string): Promise<JsonObject[]> {
  return objectsRequire(canonicalLoads(await pack.read(path, MAX_TREE_BYTES), { maxBytes: MAX_TREE_BYTES }), path);
}

export function objectsRequire(value: Json, path: string): JsonObject[] {
  const items = Array.isArray(value) ? value.filter(isObject) : undefined;
  if (items === undefined || !Array.isArray(value) || items.length !== value.length) {
    throw new Refused("pack.list", `${path} is not a list of objects`);
  }
  return items;
}

function predicateOf(statements: Statements, path: string): JsonObject {
  return statements.get(path)?.predicate ?? new Map<string, Json>();
}

function idSame(actual: string, stated: string, what: string): void {
  if (actual !== stated) throw new Refused("change.id", `${what} is ${actual}, not ${stated} as the pack states`);
}
