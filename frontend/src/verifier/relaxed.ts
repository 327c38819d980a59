// Who let a change pass a rule: by an exception, or by a weaker mode of the rule. None of them counts in its quorum, nor
// does whoever minted the token with which it was done. What only a table told has relaxed nothing.
import { given, integer, isObject, list, text, texts } from "./encoding";
import { Refused } from "./errors";
import { addTo } from "./grouped";
import type { LogContent, LoggedEvent } from "./log-events";
import type { Parts } from "./participants";
import type { People } from "./people";
import { ENFORCE, type PackException, type PackRelaxed } from "./relaxed-pack";
import { timeMoment } from "./time";
import type { Trust } from "./trust";
import { EVENT } from "./vocabulary";

const REVIEWER = "security_reviewer";
const GRANTED = "granted an exception for it";
const WEAKENED = "weakened a rule for it";
const MINTED_GRANT = "minted the token with which an exception was granted for it";
const MINTED_WEAKENING = "minted the token with which a rule was weakened for it";
const STRENGTHS = new Map([
  ["observe", 0],
  ["advise", 1],
  [ENFORCE, 2],
]);
// What happens while a pack is being sealed may come too late for it.
const SEALING = 600_000_000n; // ten minutes, in microseconds

/** An exception, as the log tells of it. */
interface Waiver {
  readonly index: number;
  readonly moment: bigint;
  readonly told: PackException;
  readonly persons: Parts;
  /** Whether a person granted it who was a security reviewer there. */
  readonly reviewed: boolean;
  /** By which event it was ended early. */
  revoked?: LoggedEvent;
}

/** One version of a rule; an old event does not say its mode. */
interface RuleVersion {
  readonly index: number;
  readonly mode: string | null;
  /** The mode of the version before, where only the mode was changed. */
  readonly before: string;
  readonly persons: Parts;
}

export class Relaxations {
  private readonly waivers = new Map<string, Waiver>();
  private readonly rules = new Map<string, Map<number, RuleVersion>>();
  private readonly byRun = new Map<string, Waiver[]>();
  private readonly minters = new Map<string, string | null>();

  get count(): number {
    return this.waivers.size;
  }

  /** Read exceptions and the modes of rules from the events of a log, in order. */
  static read(content: LogContent, people: People, trust: Trust): Relaxations {
    const found = new Relaxations();
    for (const event of content.events) {
      if (event.type === EVENT.tokenIssued) {
        if (!found.minters.has(event.subjectId)) found.minters.set(event.subjectId, event.personId);
      } else if (event.type === EVENT.waiverGranted) found.grant(event, people, trust);
      else if (event.type === EVENT.waiverRevoked) found.revoke(event);
      else if (event.type === EVENT.ruleMode) found.modeSet(event);
      else if (event.type === EVENT.rulesSynced) found.synced(event);
    }
    return found;
  }

  /** Everybody who let a change pass, and how. */
  relaxers(runId: string, relaxed: PackRelaxed | undefined, index: number): Map<string, string> {
    const parts = new Map<string, string>();
    const add = (persons: Parts): void => {
      for (const [person, how] of persons) parts.set(person, how);
    };
    for (const waiver of this.madeFor(runId, index)) add(waiver.persons);
    for (const { rule, version, exception } of relaxed?.broken ?? []) {
      const used = exception === "" ? undefined : this.waivers.get(exception);
      if (used !== undefined) add(used.persons);
      add(this.weakeners(rule, version));
    }
    return parts;
  }

  /** Who granted an exception for a run while its pack was being sealed without it. */
  late(runId: string, relaxed: PackRelaxed, sealed: LoggedEvent): Set<string> {
    const listed = new Set(relaxed.exceptions.map(({ id }) => id));
    const recent = this.madeFor(runId, sealed.index).filter(
      ({ told, moment }) => !listed.has(told.id) && near(sealed.moment, moment),
    );
    return new Set(recent.flatMap(({ persons }) => [...persons.keys()]));
  }

  /** Check that the log bears out what a pack says of rules and exceptions. */
  packCheck(runId: string, relaxed: PackRelaxed, sealed: LoggedEvent): void {
    for (const { code, version, mode } of relaxed.rules) {
      const logged = this.rules.get(code)?.get(version);
      if (logged === undefined || logged.index > sealed.index) {
        throw new Refused("relaxed.rule", `the log does not tell of version ${version} of the rule ${code}`);
      }
      if (logged.mode !== null && logged.mode !== mode) {
        throw new Refused("relaxed.mode", `the log tells of another mode of the rule ${code}`);
      }
    }
    for (const exception of relaxed.exceptions) inForce(this.waiverOf(runId, exception, sealed.index), sealed, true);
  }

  /** Check that the exceptions that a change rests on still held when its merge was intended. */
  mergeCheck(relaxed: PackRelaxed, intended: LoggedEvent): void {
    for (const { exception } of relaxed.broken) {
      if (exception === "") continue;
      const waiver = this.waivers.get(exception);
      if (waiver === undefined) throw new Refused("relaxed.exception", "the log does not tell of its exception");
      inForce(waiver, intended, false);
    }
  }

  private madeFor(runId: string, index: number): Waiver[] {
    return (this.byRun.get(runId) ?? []).filter((waiver) => waiver.index < index);
  }

  /** Who took a rule from enforcing to what it is in this version; nobody where it enforces. */
  private weakeners(rule: string, version: number): Parts {
    const parts = new Map<string, string>();
    for (let number = version; ; number -= 1) {
      const found = this.rules.get(rule)?.get(number);
      // Where it did not enforce to begin with, nobody's act let the change pass.
      if (found === undefined || found.before === "" || found.mode === ENFORCE) return new Map();
      const weaker = (STRENGTHS.get(found.mode ?? "") ?? 0) < (STRENGTHS.get(found.before) ?? 0);
      if (weaker) for (const [person, how] of found.persons) parts.set(person, how);
      if (found.before === ENFORCE) return parts;
    }
  }

  private waiverOf(runId: string, exception: PackException, index: number): Waiver {
    const name = `the exception ${exception.id}`;
    const waiver = this.waivers.get(exception.id);
    if (waiver === undefined || waiver.index > index) {
      throw new Refused("relaxed.exception", `the log does not tell that ${name} was granted`);
    }
    if (!waiver.reviewed) throw new Refused("relaxed.reviewer", `${name} was granted by no security reviewer`);
    const { told } = waiver;
    if (JSON.stringify(parts(told)) !== JSON.stringify(parts(exception)) || !["", runId].includes(told.runId)) {
      throw new Refused("relaxed.exception", `the log tells of ${name} otherwise than the pack`);
    }
    return waiver;
  }

  private grant(event: LoggedEvent, people: People, trust: Trust): void {
    const where = `event ${event.index}: the exception`;
    if (this.waivers.has(event.subjectId)) throw new Refused("relaxed.twice", `${where} was granted a second time`);
    const run = given(event.data, "run_id");
    if (run !== null && typeof run !== "string") throw new Refused("relaxed.run", `${where} is for a run without an id`);
    const paths = texts(list(event.data, "paths", where));
    if (paths === undefined) throw new Refused("relaxed.paths", `${where} is for paths that are no list of texts`);
    const person = event.personId;
    const held = trust.accounts === undefined || (person !== null && people.held(person, REVIEWER, event.index));
    const waiver: Waiver = {
      index: event.index,
      moment: event.moment,
      told: {
        id: event.subjectId,
        rule: event.text("rule"),
        runId: run ?? "",
        paths,
        expiresAt: event.text("expires_at"),
      },
      persons: this.personsOf(event, GRANTED, MINTED_GRANT),
      reviewed: person !== null && !event.unattended && held,
    };
    this.waivers.set(event.subjectId, waiver);
    if (waiver.told.runId !== "") addTo(this.byRun, waiver.told.runId, waiver);
  }

  private revoke(event: LoggedEvent): void {
    const waiver = this.waivers.get(event.subjectId);
    if (waiver === undefined) {
      throw new Refused("relaxed.revoked", `event ${event.index}: an exception was ended that nobody had granted`);
    }
    waiver.revoked ??= event;
  }

  private modeSet(event: LoggedEvent): void {
    this.versionAdd(event.subjectId, integer(event.data, "version", `event ${event.index}: the mode`), {
      index: event.index,
      mode: event.text("to"),
      before: event.text("from"),
      persons: this.personsOf(event, WEAKENED, MINTED_WEAKENING),
    });
  }

  /** Each rule that a sync names got one version more; newer events say which, and its mode. */
  private synced(event: LoggedEvent): void {
    const where = `event ${event.index}: the rules`;
    const stated = event.data.get("versions");
    for (const code of list(event.data, "rules", where)) {
      if (typeof code !== "string") throw new Refused("relaxed.codes", `${where} are named by what is no text`);
      const item = isObject(stated) ? stated.get(code) : undefined;
      const newest = Math.max(0, ...(this.rules.get(code)?.keys() ?? []));
      const version = isObject(item) ? integer(item, "version", where) : newest + 1;
      const mode = isObject(item) ? text(item, "mode", where) : null;
      this.versionAdd(code, version, { index: event.index, mode, before: "", persons: new Map() });
    }
  }

  private versionAdd(code: string, number: number, version: RuleVersion): void {
    const versions = this.rules.get(code) ?? new Map<number, RuleVersion>();
    this.rules.set(code, versions);
    if (versions.has(number)) {
      throw new Refused("relaxed.twice", `event ${version.index}: a version of a rule was made twice`);
    }
    versions.set(number, version);
  }

  private personsOf(event: LoggedEvent, did: string, minted: string): Parts {
    const found = new Map<string, string>();
    if (event.tokenId !== null) {
      const minter = this.minters.get(event.tokenId);
      if (minter === undefined) {
        throw new Refused("participants.token", `event ${event.index}: nobody minted the token in use`);
      }
      if (minter !== null) found.set(minter, minted);
    }
    if (event.personId !== null) found.set(event.personId, did);
    return found;
  }
}

/** Check that a pack excludes everybody who let its change pass; who did so too late for it need not be named. */
export function relaxersExcluded(excluded: readonly unknown[], parts: Parts, late: ReadonlySet<string>): void {
  const missing = [...parts].filter(([person]) => !excluded.includes(person) && !late.has(person));
  if (missing.length === 0) return;
  const named = missing.map(([person, how]) => `${person} ${how}`).sort();
  throw new Refused(
    "relaxed.pack",
    `the pack does not exclude everybody who let its change pass: ${named.join(", ")}`,
  );
}

function parts({ id, rule, runId, paths, expiresAt }: PackException): unknown[] {
  return [id, rule, runId, paths, expiresAt];
}

/** Refuse one that had ended; what ended while a pack was being sealed may still be in it. */
function inForce({ told, revoked }: Waiver, event: LoggedEvent, late: boolean): void {
  const name = `the exception ${told.id}`;
  if (timeMoment(told.expiresAt, `the end of ${name}`) + SEALING < event.moment) {
    throw new Refused("relaxed.ended", `${name} had expired`);
  }
  if (revoked === undefined || revoked.index >= event.index) return;
  if (!late || !near(event.moment, revoked.moment)) throw new Refused("relaxed.ended", `${name} had been revoked`);
}

function near(one: bigint, other: bigint): boolean {
  const apart = one - other;
  return apart <= SEALING && -apart <= SEALING;
}
