// Addenda (`reverification/v1`): a decision carried over to a base that has moved.
import type { Bytes } from "./bytes";
import { envelopeOpen, statementRead, subjectIs } from "./dsse";
import { digestCheck, digestHex, given, integer, isObject, keysExact, list, object, text } from "./encoding";
import { Refused } from "./errors";
import { digestBytes } from "./hash";
import type { Json } from "./json";
import { entriesRead, gatesRead, PASS } from "./pack-facts";
import type { VerifiedPack } from "./pack-verify";
import { CAB_ABOVE } from "./risk";
import { objectIdCheck, type Replacement, replacementsSame } from "./tree";
import { roleKeys, type Trust } from "./trust";
import { PACK_SUBJECT, REVERIFICATION_V1 } from "./vocabulary";

const VERSION = 1;
const ROLES = ["gates", "scorer"];
export const KIND_MERGE = "merge";
export const KIND_STATE = "state";
const WHERE = "the addendum";
const FIELDS = new Set([
  "v",
  "run_id",
  "pack",
  "request_id",
  "previous_base",
  "new_base",
  "intervening",
  "entries",
  "result_tree",
  "gates",
  "risk",
  "patch_digest",
  "touched_unchanged",
  "gate_configuration_unchanged",
]);
const STEP = new Set(["commit", "kind", "run_id"]);
const RISK = new Set(["score", "union_score"]);

/** One commit between the base that was decided on and the one that was merged into. */
export interface Step {
  readonly commit: string;
  readonly kind: string;
  readonly runId: string;
}

/** A re-verification that gates and scorer signed. */
export interface Addendum {
  readonly statementDigest: string;
  readonly runId: string;
  readonly pack: string;
  readonly requestId: string;
  readonly previousBase: string;
  readonly newBase: string;
  readonly intervening: readonly Step[];
  readonly entries: readonly Replacement[];
  readonly resultTree: string;
  readonly gates: ReadonlyMap<string, string>;
  readonly score: number;
  readonly unionScore: number;
  readonly patchDigest: string;
}

/** Check the stored envelope of an addendum and read it. */
export async function addendumVerify(data: Bytes, trust: Trust): Promise<Addendum> {
  const { payload, signers } = await envelopeOpen(data, roleKeys(trust, ...ROLES), ROLES.length);
  for (const role of ROLES) {
    const keys = roleKeys(trust, role);
    if (!signers.some((id) => keys.has(id))) {
      throw new Refused("addendum.signers", `no key of the role ${role} signed the addendum`);
    }
  }
  const statement = statementRead(payload, REVERIFICATION_V1);
  const content = statement.predicate;
  keysExact(content, FIELDS, WHERE);
  if (integer(content, "v", WHERE) !== VERSION) {
    throw new Refused("addendum.version", "the addendum is of no known version");
  }
  const pack = digestCheck(given(content, "pack"), "the pack of the addendum");
  if (!subjectIs(statement, PACK_SUBJECT, digestHex(pack))) {
    throw new Refused("addendum.subject", "the addendum and its statement name different packs");
  }
  for (const name of ["touched_unchanged", "gate_configuration_unchanged"]) {
    if (given(content, name) !== true) throw new Refused("addendum.claims", `the addendum does not say ${name}`);
  }
  const risk = object(content, "risk", WHERE);
  keysExact(risk, RISK, "the risk of the addendum");
  const gates = gatesRead(list(content, "gates", WHERE));
  return {
    statementDigest: digestBytes(payload),
    runId: text(content, "run_id", WHERE),
    pack,
    requestId: text(content, "request_id", WHERE),
    previousBase: objectIdCheck(given(content, "previous_base"), "the previous base"),
    newBase: objectIdCheck(given(content, "new_base"), "the new base"),
    intervening: stepsRead(list(content, "intervening", WHERE)),
    entries: entriesRead(given(content, "entries")),
    resultTree: objectIdCheck(given(content, "result_tree"), "the result tree of the addendum"),
    gates: new Map([...gates].map(([name, { status }]) => [name, status])),
    score: integer(risk, "score", "the risk of the addendum"),
    unionScore: integer(risk, "union_score", "the risk of the addendum"),
    patchDigest: digestCheck(given(content, "patch_digest"), "the patch of the addendum"),
  };
}

/**
 * Check that an addendum may carry decisions on this pack over to its new base. What the tree and the commits between
 * must be is checked where they are known, with the merge.
 */
export function addendumCheck(addendum: Addendum, { pack, change, gates, risk }: VerifiedPack): void {
  if (addendum.pack !== pack.digest || addendum.runId !== pack.subject.get("run_id")) {
    throw new Refused("addendum.pack", "the addendum is about another pack");
  }
  if (addendum.previousBase !== pack.subject.get("base_commit")) {
    throw new Refused("addendum.base", "the addendum starts from another base than the pack");
  }
  if (!replacementsSame(addendum.entries, change.entries) || addendum.patchDigest !== change.patchDigest) {
    throw new Refused("addendum.patch", "the patch of the addendum is not the one that was decided on");
  }
  const alike = addendum.gates.size === gates.size && [...addendum.gates.keys()].every((name) => gates.has(name));
  if (!alike || [...addendum.gates.values()].some((status) => status !== PASS)) {
    throw new Refused("addendum.gates", "not every gate passed again on the merged tree");
  }
  if (Math.max(addendum.score, addendum.unionScore, risk.score) > CAB_ABOVE) {
    throw new Refused("addendum.risk", `decisions carry over only at a score of at most ${CAB_ABOVE}`);
  }
}

function stepsRead(items: readonly Json[]): Step[] {
  if (items.length === 0) throw new Refused("addendum.steps", "the addendum lists no intervening commit");
  const where = "an intervening commit";
  return items.map((item) => {
    if (!isObject(item)) throw new Refused("addendum.steps", `${where} is not an object`);
    keysExact(item, STEP, where);
    const kind = text(item, "kind", where);
    if (kind !== KIND_MERGE && kind !== KIND_STATE) {
      throw new Refused("addendum.steps", `${where} is neither merge nor state entry`);
    }
    const commit = objectIdCheck(given(item, "commit"), where);
    return { commit, kind, runId: text(item, "run_id", where) };
  });
}
