// What a pack says of the rules that its change broke, and of the exceptions that let it pass.
import { flag, integer, isObject, list, text, texts } from "./encoding";
import { Refused } from "./errors";
import { canonicalObject, type Json, type JsonObject } from "./json";
import type { Pack } from "./pack";
import { MAX_TREE_BYTES, objectsRead, objectsRequire } from "./pack-facts";
import { MEMBER_EXCEPTIONS, MEMBER_POLICY, MEMBER_RULESET, MEMBER_VIOLATIONS, STOPPED } from "./vocabulary";

export const ENFORCE = "enforce";

/** One rule of the frozen rule set. */
interface PackRule {
  readonly code: string;
  readonly version: number;
  readonly mode: string;
}

/** A rule that the change broke, and the exception that let it pass, or nothing. */
interface PackBroken {
  readonly rule: string;
  readonly version: number;
  readonly exception: string;
}

/** An exception that was made for the change, or relaxes something in it. */
export interface PackException {
  readonly id: string;
  readonly rule: string;
  readonly runId: string;
  readonly paths: readonly string[];
  readonly expiresAt: string;
}

export interface PackRelaxed {
  readonly rules: readonly PackRule[];
  readonly broken: readonly PackBroken[];
  readonly exceptions: readonly PackException[];
}

/** Read it, and hold its parts against one another; undefined for a pack of before these were told. */
export async function relaxedRead(pack: Pack): Promise<PackRelaxed | undefined> {
  const policy = canonicalObject(await pack.read(MEMBER_POLICY));
  if (!policy.has(STOPPED)) return undefined;
  const rules = await rulesRead(pack);
  const exceptions = (await items(pack, MEMBER_EXCEPTIONS)).map(exceptionRead);
  const modes = new Map(rules.map(({ code, version, mode }) => [JSON.stringify([code, version]), mode]));
  const known = new Map(exceptions.map(({ id, rule }) => [id, rule]));
  const broken: PackBroken[] = [];
  const stopping: string[] = [];
  for (const item of await items(pack, MEMBER_VIOLATIONS)) {
    const found = brokenRead(item);
    const blocking = flag(item, "blocking", "a broken rule");
    const mode = modes.get(JSON.stringify([found.rule, found.version]));
    if (mode === undefined || blocking !== (mode === ENFORCE && found.exception === "")) {
      throw new Refused(
        "relaxed.blocking",
        `whether the rule ${found.rule} stops the change does not follow from its mode`,
      );
    }
    if (found.exception !== "" && known.get(found.exception) !== found.rule) {
      throw new Refused("relaxed.unlisted", "a broken rule names an exception that is not listed");
    }
    broken.push(found);
    if (blocking) stopping.push(found.rule);
  }
  const stopped = list(policy, STOPPED, "the policy").map(stoppedRead);
  const same = JSON.stringify(stopped.sort()) === JSON.stringify(stopping.sort());
  if (!same || flag(policy, "blocked", "the policy") !== stopping.length > 0) {
    throw new Refused("relaxed.stopped", "the policy stops the change by other rules than those broken");
  }
  return { rules, broken, exceptions };
}

async function rulesRead(pack: Pack): Promise<PackRule[]> {
  const ruleset = canonicalObject(await pack.read(MEMBER_RULESET, MAX_TREE_BYTES), { maxBytes: MAX_TREE_BYTES });
  const where = "a rule of the rule set";
  return objectsRequire(list(ruleset, "rules", "the rule set"), MEMBER_RULESET).map((item) => ({
    code: text(item, "code", where),
    version: integer(item, "version", where),
    mode: text(item, "mode", where),
  }));
}

function brokenRead(item: JsonObject): PackBroken {
  const where = "a broken rule";
  const rule = text(item, "rule", where);
  return { rule, version: integer(item, "version", where), exception: optional(item, "exception", where) };
}

function exceptionRead(item: JsonObject): PackException {
  const where = "an exception";
  const paths = texts(list(item, "paths", where));
  if (paths === undefined) throw new Refused("relaxed.paths", "an exception is for paths that are no list of texts");
  return {
    id: text(item, "id", where),
    rule: text(item, "rule", where),
    runId: optional(item, "run_id", where),
    paths,
    expiresAt: text(item, "expires_at", where),
  };
}

function stoppedRead(item: Json): string {
  if (!isObject(item)) throw new Refused("relaxed.stopped", "a rule that stops the change is not an object");
  return text(item, "rule", "a rule that stops the change");
}

/** A text that may be left out or null. */
function optional(item: JsonObject, name: string, where: string): string {
  const value = item.get(name);
  return value === undefined || value === null ? "" : text(item, name, where);
}

async function items(pack: Pack, path: string): Promise<JsonObject[]> {
  return pack.members.has(path) ? objectsRead(pack, path) : [];
}
