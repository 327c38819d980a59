// The risk score: a pure function over recorded inputs, in integers.
import { compare } from "./bytes";
import { isCount, isObject } from "./encoding";
import { Refused } from "./errors";
import { canonicalText, type Json, type JsonObject, objectOf } from "./json";

const WEIGHTS: ReadonlyMap<string, number> = new Map([
  ["blast_radius", 10],
  ["data_access", 10],
  ["exploitability", 10],
  ["history", 10],
  ["operational_complexity", 10],
  ["privilege_impact", 20],
  ["sbom_vulnerability", 15],
  ["supply_chain_trust", 15],
]);
export const FACTORS: readonly string[] = [...WEIGHTS.keys()];
export const MAX_FACTOR = 1000;
const MAX_SCORE = 100;
export const CAB_ABOVE = 50;
const INPUT_FIELDS = ["name", "value", "effect", "source"];
const INPUT_KNOWN = new Set([...INPUT_FIELDS, "known"]);

/** For each factor its inputs. */
export type Inputs = ReadonlyMap<string, readonly JsonObject[]>;

/** One factor, evaluated. */
export interface Factor {
  readonly name: string;
  readonly value: number;
  readonly inputs: readonly Input[];
}

/** An input that was checked. */
export interface Input {
  readonly name: string;
  readonly value: Json;
  readonly effect: number;
  readonly source: string;
  readonly known?: boolean;
}

export interface Risk {
  readonly score: number;
  readonly factors: readonly Factor[];
  readonly unknown: readonly string[];
}

/** Read `{factor: [input, ...]}`. */
export function inputsRead(data: JsonObject): Map<string, JsonObject[]> {
  const factors = new Map<string, JsonObject[]>();
  for (const [name, items] of data) {
    if (!Array.isArray(items)) throw new Refused("risk.input", `the inputs of ${name} are not a list`);
    const objects = items.filter(isObject);
    if (objects.length !== items.length) throw new Refused("risk.input", `an input of ${name} is not an object`);
    factors.set(name, objects);
  }
  return factors;
}

/**
 * Evaluate the recorded inputs of every factor: `min(1000, sum of effects)`. A factor with an input that is not known,
 * or with no inputs at all, is unknown: nothing recorded is not the same as no risk.
 */
export function riskEvaluate(inputs: Inputs): Risk {
  if (inputs.size !== WEIGHTS.size || FACTORS.some((name) => !inputs.has(name))) {
    throw new Refused("risk.factors", "missing or unknown risk factors");
  }
  const factors = FACTORS.map((name): Factor => {
    const checked = (inputs.get(name) ?? []).map((item) => inputCheck(item, name));
    return { name, value: Math.min(MAX_FACTOR, sum(checked.map(({ effect }) => effect))), inputs: sorted(checked) };
  });
  const total = sum(factors.map(({ name, value }) => (WEIGHTS.get(name) ?? 0) * value));
  return {
    score: Math.min(MAX_SCORE, Math.ceil(total / MAX_FACTOR)),
    factors,
    unknown: factors
      .filter(({ inputs: items }) => items.length === 0 || items.some(({ known }) => known === false))
      .map(({ name }) => name),
  };
}

/** What the scorer signs. */
export function riskJson({ score, factors, unknown }: Risk): JsonObject {
  const evaluated = factors.map(({ name, value, inputs }): [string, Json] => [
    name,
    objectOf({ value, weight: WEIGHTS.get(name) ?? 0, inputs: inputs.map(inputJson) }),
  ]);
  return objectOf({ score, factors: new Map(evaluated), unknown: [...unknown] });
}

export function inputJson({ name, value, effect, source, known }: Input): JsonObject {
  return objectOf({ name, value, effect, source, ...(known === undefined ? {} : { known }) });
}

/** Sort by the bytes of the canonical form. */
export function sorted(inputs: readonly Input[]): Input[] {
  return inputs
    .map((input): [string, Input] => [canonicalText(inputJson(input)), input])
    .sort(([one], [other]) => compare(one, other))
    .map(([, input]) => input);
}

function inputCheck(item: JsonObject, factor: string): Input {
  if (INPUT_FIELDS.some((name) => !item.has(name)) || [...item.keys()].some((name) => !INPUT_KNOWN.has(name))) {
    throw new Refused("risk.input", `an input of ${factor} needs exactly name, value, effect, source`);
  }
  const [name, value = null, effect, source] = INPUT_FIELDS.map((field) => item.get(field));
  if (typeof name !== "string" || typeof source !== "string" || name === "" || source === "") {
    throw new Refused("risk.input", `an input of ${factor} has no name or no source`);
  }
  if (!isCount(effect) || effect < 0 || effect > MAX_FACTOR) {
    throw new Refused("risk.effect", `the effect of ${factor}/${name} is not an integer 0..${MAX_FACTOR}`);
  }
  if (typeof value === "object" && value !== null) {
    throw new Refused("risk.input", `the value of ${factor}/${name} is not a plain value`);
  }
  const known = item.get("known");
  if (known === undefined) return { name, value, effect, source };
  if (typeof known !== "boolean") throw new Refused("risk.input", `'known' of ${factor}/${name} is not true or false`);
  return { name, value, effect, source, known };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
