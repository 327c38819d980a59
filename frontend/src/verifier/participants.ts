// Who took part in a change, as the log tells of it: none of them counts in its quorum. Whoever began its run takes
// part, whoever minted the token that was used for it, whoever asked for changes on an earlier attempt, and whoever
// answered what the plan asks for.
import { Answers, type Used, usedRead } from "./answers";
import { given, list } from "./encoding";
import { Refused } from "./errors";
import type { LogContent, LoggedEvent } from "./log-events";
import { EVENT } from "./vocabulary";

const ASKED = "request_changes";
const CHANGE = "change";
const BEGAN = "began its run";
const MINTED = "minted the token that began its run";
const PROMPTED = "asked for changes on an earlier attempt";
export const HAD_MADE = "had a change of this phase made";

/** Who took part, and how. */
export type Parts = ReadonlyMap<string, string>;

interface Begun {
  readonly index: number;
  readonly workItem: string;
  readonly beginner: string | null;
  readonly minter: string | null;
  readonly prompters: readonly string[];
  readonly used: Used;
}

export class Participants {
  private readonly runs = new Map<string, Begun>();
  /** Who asked for changes and where in the log, by work item. */
  private readonly asked = new Map<string, [index: number, person: string][]>();
  /** Who minted each token; null where no person did. */
  private readonly minters = new Map<string, string | null>();
  private readonly answers = new Answers();

  get count(): number {
    return this.runs.size;
  }

  /** Read from the events of a log who took part in what, in order. */
  static read(content: LogContent): Participants {
    const found = new Participants();
    const requests = new Map<string, string>();
    for (const event of content.events) {
      if (event.type === EVENT.tokenIssued) {
        if (!found.minters.has(event.subjectId)) found.minters.set(event.subjectId, event.personId);
      } else if (event.type === EVENT.runCreated) {
        if (found.runs.has(event.subjectId)) {
          throw new Refused("participants.twice", `event ${event.index}: the run began a second time`);
        }
        found.runs.set(event.subjectId, found.begunRead(event));
      } else if (event.type === EVENT.requested) {
        const about = given(event.data, "about");
        const [kind, id] = Array.isArray(about) && about.length === 2 ? about : [];
        if (kind === CHANGE && typeof id === "string" && !requests.has(event.subjectId)) {
          requests.set(event.subjectId, id);
        }
      } else if (event.type === EVENT.decision && event.text("verdict") === ASKED) {
        found.askedRead(event, requests);
      } else if (event.type === EVENT.planImported) {
        found.answers.planAdd(event);
      } else if (event.type === EVENT.inputAnswered) {
        found.answers.add(event, found.minter(event));
      }
    }
    return found;
  }

  /** Who had a run made: its beginner, and the minter of the token in use. */
  initiators(runId: string): Parts {
    const { beginner, minter } = this.begun(runId);
    const persons = [beginner, minter].filter((person) => person !== null);
    return new Map(persons.map((person) => [person, HAD_MADE]));
  }

  /** Everybody who took part in a run. */
  ofRun(runId: string): Parts {
    const begun = this.begun(runId);
    const asked = (this.asked.get(begun.workItem) ?? []).filter(([index]) => index < begun.index);
    const parts = this.answers.parts(begun.used, begun.index);
    for (const one of [...begun.prompters, ...asked.map(([, person]) => person)]) parts.set(one, PROMPTED);
    if (begun.minter !== null) parts.set(begun.minter, MINTED);
    if (begun.beginner !== null) parts.set(begun.beginner, BEGAN);
    return parts;
  }

  /** Check that a decision was not made with a token that somebody else minted, who would decide with them. */
  tokenOwn(event: LoggedEvent): void {
    const minter = this.minter(event);
    if (minter !== null && minter !== event.personId) {
      throw new Refused(
        "participants.token_of_another",
        `event ${event.index}: it was decided with a token that ${minter} minted`,
      );
    }
  }

  private begun(runId: string): Begun {
    const begun = this.runs.get(runId);
    if (begun === undefined) {
      throw new Refused("participants.run", `the log does not tell who began the run ${runId}: nobody knows`);
    }
    return begun;
  }

  private begunRead(event: LoggedEvent): Begun {
    const prompters = list(event.data, "prompters", `event ${event.index}`);
    const names = prompters.filter((name) => typeof name === "string");
    if (names.length < prompters.length) {
      throw new Refused("participants.prompters", `event ${event.index}: the prompters of the run are no list of ids`);
    }
    return {
      index: event.index,
      workItem: event.text("work_item_id"),
      beginner: event.personId,
      minter: this.minter(event),
      prompters: names,
      used: usedRead(event),
    };
  }

  /** Whoever asks for changes puts words into the prompt of the next attempt at the same work. */
  private askedRead(event: LoggedEvent, requests: ReadonlyMap<string, string>): void {
    const run = this.runs.get(requests.get(event.text("request_id")) ?? "");
    if (run === undefined || event.personId === null) return;
    const asked = this.asked.get(run.workItem) ?? [];
    asked.push([event.index, event.personId]);
    this.asked.set(run.workItem, asked);
  }

  private minter(event: LoggedEvent): string | null {
    if (event.tokenId === null) return null;
    const minter = this.minters.get(event.tokenId);
    if (minter === undefined) {
      throw new Refused("participants.token", `event ${event.index}: nobody minted the token in use`);
    }
    return minter;
  }
}

/** Check that a pack excludes everybody who took part in its run. */
export function packExcludes(excluded: readonly unknown[], parts: Parts): void {
  const missing = [...parts].filter(([person]) => !excluded.includes(person));
  if (missing.length > 0) {
    throw new Refused("participants.pack", `the pack does not exclude everybody who took part: ${named(missing)}`);
  }
}

/** Check that whoever decided took no part. */
export function deciderApart(person: string, parts: Parts): void {
  const how = parts.get(person);
  if (how !== undefined) {
    throw new Refused("participants.decider", `one who took part decided: ${named([[person, how]])}`);
  }
}

function named(parts: readonly (readonly [string, string])[]): string {
  return parts
    .map(([person, how]) => `${person} ${how}`)
    .sort()
    .join(", ");
}
