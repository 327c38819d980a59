// Changes that are scored together: splitting one change into several does not lower its risk. A pack may carry, beside
// the inputs of its own change, those of other changes of the same session to the same files.
import { compare } from "./bytes";
import { digestCheck, given, isCount, isObject, keysExact, list, object, text } from "./encoding";
import { Refused } from "./errors";
import { addTo } from "./grouped";
import { digestBytes } from "./hash";
import { canonicalBytes, canonicalLoads, canonicalObject, type Json, type JsonObject, objectOf } from "./json";
import type { Pack } from "./pack";
import {
  FACTORS,
  type Input,
  inputJson,
  type Inputs,
  inputsRead,
  MAX_FACTOR,
  type Risk,
  riskEvaluate,
  riskJson,
  sorted,
} from "./risk";
import { MEMBER_ENTRIES, MEMBER_RISK_INPUTS, MEMBER_TOGETHER, SESSION } from "./vocabulary";

const HISTORY = "platform:history"; // what came before is the same for all of them, and counts once
const ENTRY = new Set(["run_id", "pack", "paths", "inputs"]);
const WHERE = "a change that is scored together with this one";
const MOST = BigInt(Number.MAX_SAFE_INTEGER);

/** Another change that a pack was scored together with. */
export interface Beside {
  readonly runId: string;
  readonly pack: string;
  readonly paths: readonly string[];
  /** Digest of its own inputs, as its own pack must hold them. */
  readonly inputsDigest: string;
  readonly inputs: Inputs;
  readonly score: number;
}

/** The risk of a pack, recomputed. */
export interface PackRisk {
  readonly own: Inputs;
  readonly risk: Risk;
  /** What the scorer must have signed. */
  readonly predicate: JsonObject;
  readonly session: string;
  readonly paths: ReadonlySet<string>;
  readonly beside: readonly Beside[];
}

/** The inputs of several changes as if they were one; no factor gets smaller than in any of the parts. */
export function riskTogether(parts: readonly Inputs[]): Inputs {
  const groups = new Map(FACTORS.map((name) => [name, new Map<string, Input[]>()]));
  for (const part of parts) {
    for (const { name, inputs } of riskEvaluate(part).factors) {
      const found = groups.get(name) ?? new Map<string, Input[]>();
      for (const [key, input] of summed(inputs)) addTo(found, key, input);
    }
  }
  return new Map(
    [...groups].map(([name, found]) => [name, [...found.values()].map((items) => inputJson(merged(items)))]),
  );
}

/** Recompute the risk of a pack from its recorded inputs. */
export async function packRisk(pack: Pack): Promise<PackRisk> {
  const own = inputsRead(canonicalObject(await pack.read(MEMBER_RISK_INPUTS)));
  const entries = canonicalLoads(await pack.read(MEMBER_ENTRIES));
  const items = Array.isArray(entries) ? entries.filter(isObject) : [];
  const paths = new Set(items.map((item) => written(given(item, "path"))));
  const beside = await othersRead(pack);
  for (const other of beside) {
    if (other.paths.length === 0 || other.paths.some((path) => !paths.has(path))) {
      throw new Refused("together.paths", `${WHERE} shares no file with it`);
    }
  }
  const runs = beside.map(({ runId }) => runId);
  const inOrder = runs.every((run, at) => at === 0 || compare(runs[at - 1] ?? "", run) < 0);
  if (!inOrder || runs.some((run) => run === pack.subject.get("run_id"))) {
    throw new Refused("together.runs", "the changes scored together are not in order, or one is there twice");
  }
  const session = pack.subject.get(SESSION) ?? (pack.subject.has(SESSION) ? null : "");
  if (typeof session !== "string") throw new Refused("together.session", "the session of the pack is no text");
  const alone = riskEvaluate(own);
  if (beside.length === 0) return { own, risk: alone, predicate: riskJson(alone), session, paths, beside };
  const risk = riskEvaluate(riskTogether([own, ...beside.map(({ inputs }) => inputs)]));
  const predicate = riskJson(risk);
  predicate.set("alone", alone.score);
  const named = beside.map(({ runId, pack: digest, score }) => objectOf({ run_id: runId, pack: digest, score }));
  predicate.set("together", named);
  return { own, risk, predicate, session, paths, beside };
}

/** The changes that a pack was scored together with; in most packs there are none. */
async function othersRead(pack: Pack): Promise<Beside[]> {
  if (!pack.members.has(MEMBER_TOGETHER)) return [];
  const value = canonicalLoads(await pack.read(MEMBER_TOGETHER));
  if (!Array.isArray(value) || value.length === 0) {
    throw new Refused("together.list", `${MEMBER_TOGETHER} is not a list of at least one change`);
  }
  return value.map((item) => {
    if (!isObject(item)) throw new Refused("together.list", `${WHERE} is not an object`);
    keysExact(item, ENTRY, WHERE);
    const data = object(item, "inputs", WHERE);
    const inputs = inputsRead(data);
    return {
      runId: text(item, "run_id", WHERE),
      pack: digestCheck(given(item, "pack"), `the pack of ${WHERE}`),
      paths: list(item, "paths", WHERE).map(written),
      inputsDigest: digestBytes(canonicalBytes(data)),
      inputs,
      score: riskEvaluate(inputs).score,
    };
  });
}

/** Check that of two changes of one session to the same files one was scored together with the other. */
export function apartCheck(one: PackRisk, other: PackRisk, runs: readonly [string, string]): void {
  if (one.session === "" || one.session !== other.session) return;
  if (![...one.paths].some((path) => other.paths.has(path))) return;
  if (one.beside.some(({ runId }) => runId === runs[1]) || other.beside.some(({ runId }) => runId === runs[0])) return;
  throw new Refused(
    "merge.apart",
    `it and the run ${runs[1]} of the same session change the same file, and neither was scored together with the other`,
  );
}

/** Check that the inputs of other changes are those of their own packs, as far as these are known. */
export function besideCheck(risk: PackRisk, packOf: (digest: string) => Pack | undefined): void {
  for (const other of risk.beside) {
    const known = packOf(other.pack);
    if (known === undefined) continue;
    if (known.subject.get("run_id") !== other.runId) {
      throw new Refused("together.pack", `the pack ${other.pack} is one of another run`);
    }
    if (known.members.get(MEMBER_RISK_INPUTS)?.digest !== other.inputsDigest) {
      throw new Refused("together.inputs", `the pack ${other.pack} has other inputs of its risk`);
    }
  }
}

/** The inputs of one factor of one change, by name and source; the same one twice adds up. */
function summed(inputs: readonly Input[]): Map<string, Input> {
  const found = new Map<string, Input[]>();
  for (const input of inputs) {
    addTo(found, JSON.stringify([input.name, input.source]), input);
  }
  return new Map([...found].map(([key, items]) => [key, added(items)]));
}

/** One input out of those of several changes. */
function merged(items: readonly Input[]): Input {
  if (items.every(({ value }) => isCount(value)) && items[0]?.source !== HISTORY) return added(items);
  const heaviest = items.reduce((most, { effect }) => Math.max(most, effect), 0);
  return oneOf(items.filter(({ effect }) => effect === heaviest), items);
}

/** Values and effects summed up; exactly, which numbers of this size are not. */
function added(items: readonly Input[]): Input {
  const effect = Math.min(MAX_FACTOR, items.reduce((total, item) => total + item.effect, 0));
  const chosen = { ...oneOf(items, items), effect };
  if (!items.every(({ value }) => isCount(value))) return chosen;
  const total = items.reduce((value, item) => value + BigInt(Number(item.value)), 0n);
  return { ...chosen, value: Number(total > MOST ? MOST : total < -MOST ? -MOST : total) };
}

/** The first of the candidates; what is not known in any of them is not known in it. */
function oneOf(candidates: readonly Input[], items: readonly Input[]): Input {
  const first = sorted(candidates)[0];
  if (first === undefined) throw new RangeError("there is no input to choose");
  const { name, value, effect, source } = first;
  const unknown = items.some(({ known }) => known === false);
  return { name, value, effect, source, ...(unknown ? { known: false } : {}) };
}

/** A value as text: what should be a path, and where it is none, what no path is compared with. */
function written(value: Json): string {
  if (typeof value === "string") return value;
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return isCount(value) ? String(value) : "";
}
