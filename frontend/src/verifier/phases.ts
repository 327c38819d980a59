// Whether a phase is complete: recomputed from its proof, never taken from it. Each record of evidence is named by its
// own digest and judged here by its kind. Whatever this function does not understand is missing.
import { isCount, isObject, says } from "./encoding";
import { Refused } from "./errors";
import { digestOf, type Json, type JsonObject } from "./json";
import { PASS } from "./pack-facts";

const PROOF_VERSION = 1;
const DONE = "done";
const MERGED = "merged";

type Records = ReadonlyMap<string, JsonObject>;

/** The proof as it stood before the sign-off: what the sign-off is over. */
export function proofUnsigned(proof: JsonObject): JsonObject {
  return new Map(proof).set("signoff", null);
}

export function phaseComplete(proof: JsonObject): boolean {
  const records = new Map<string, JsonObject>();
  for (const item of objects(proof.get("evidence")) ?? []) {
    const [digest, record] = [item.get("digest"), item.get("record")];
    if (named(item) && typeof digest === "string" && isObject(record)) records.set(digest, record);
  }
  return (
    proof.get("v") === PROOF_VERSION &&
    isListed(proof.get("evidence"), (items) => items.every(named)) &&
    isListed(proof.get("dependencies"), (items) => items.every((item) => item.get("complete") === true)) &&
    isListed(
      proof.get("deliverables"),
      (items) => items.length > 0 && items.every((item) => deliverableMet(item, records)),
    ) &&
    isListed(proof.get("gates"), (items) => items.every((item) => demandMet(item, records))) &&
    coverageMet(proof.get("coverage")) &&
    signedOff(proof)
  );
}

/** Whether a record of evidence is the one that its digest names. */
function named(item: JsonObject): boolean {
  const [digest, record] = [item.get("digest"), item.get("record")];
  return typeof digest === "string" && isObject(record) && digestIs(record, digest);
}

function digestIs(record: JsonObject, digest: string): boolean {
  try {
    return digestOf(record) === digest;
  } catch (error) {
    if (error instanceof Refused) return false;
    throw error;
  }
}

function deliverableMet(deliverable: JsonObject, records: Records): boolean {
  return (
    deliverable.get("state") === DONE &&
    isListed(
      deliverable.get("criteria"),
      (items) => items.length > 0 && items.every((item) => demandMet(item, records)),
    )
  );
}

function demandMet(demand: JsonObject, records: Records): boolean {
  const digest = demand.get("evidence");
  const record = typeof digest === "string" ? records.get(digest) : undefined;
  if (demand.get("met") !== true || record === undefined) return false;
  const changes = objects(record.get("changes")) ?? [];
  const merged = changes.length > 0 && changes.every(changeMerged);
  switch (record.get("kind")) {
    case "findings_zero":
      return record.get("left") === 0 && says(record.get("analysis")) && says(record.get("commit"));
    case "merged":
      return merged;
    case "gate_passed": {
      const gates = record.get("gates");
      return Array.isArray(gates) && gates.length > 0 && merged && changes.every((change) => passed(change, gates));
    }
    default:
      return false;
  }
}

function changeMerged(change: JsonObject): boolean {
  return change.get("state") === MERGED && ["run", "pack", "merge_commit"].every((name) => says(change.get(name)));
}

function passed(change: JsonObject, gates: readonly Json[]): boolean {
  const verdicts = change.get("gates");
  return isObject(verdicts) && gates.every((gate) => typeof gate === "string" && verdicts.get(gate) === PASS);
}

/** A plan with a coverage threshold has to show that it is reached; one without says so. */
function coverageMet(coverage: Json | undefined): boolean {
  if (!isObject(coverage)) return false;
  if (coverage.get("applies") === false) return says(coverage.get("reason"));
  const [measured, threshold] = [coverage.get("measured"), coverage.get("threshold")];
  return isCount(measured) && isCount(threshold) && measured >= threshold;
}

function signedOff(proof: JsonObject): boolean {
  const signoff = proof.get("signoff");
  if (!isObject(signoff)) return false;
  const decided = says(signoff.get("request_id")) && says(signoff.get("decision_id"));
  const over = signoff.get("proof_digest");
  return decided && typeof over === "string" && digestIs(proofUnsigned(proof), over);
}

function isListed(value: Json | undefined, check: (items: readonly JsonObject[]) => boolean): boolean {
  const items = objects(value);
  return items !== undefined && check(items);
}

function objects(value: Json | undefined): JsonObject[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items = value.filter(isObject);
  return items.length === value.length ? items : undefined;
}
