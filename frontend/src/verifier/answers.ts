// Answers to what a plan asks for, as the log tells of them: who gave one takes part in what is made with it.
// A requirement shapes the work; configuration (an address, a path, a pointer to a secret) excludes nobody.
import { isObject, list } from "./encoding";
import { Refused } from "./errors";
import type { Json } from "./json";
import type { LoggedEvent } from "./log-events";

const CONFIGURATION = "configuration";
const ANSWERED = "answered an input that it uses";
const MINTED_ANSWER = "minted the token that answered an input that it uses";

interface Answer {
  readonly index: number;
  readonly id: string;
  readonly digest: string;
  /** Who gave it, and how; nobody where it is configuration. */
  readonly persons: ReadonlyMap<string, string>;
}

interface AnswerNamed {
  readonly id: string;
  readonly digest: string;
}

/** The inputs that a run was given: the answer by name, null where the plan itself gave the value. */
export interface Used {
  readonly plan: string;
  readonly answers: ReadonlyMap<string, AnswerNamed | null>;
}

/** Every answer of a log, and what the plans said of their inputs. */
export class Answers {
  private readonly given = new Map<string, Answer[]>();
  private readonly requirements = new Map<string, ReadonlySet<string>>();

  /** Take in which inputs of a plan are requirements; plans from before that was said do not say it. */
  planAdd(event: LoggedEvent): void {
    if (!event.data.has("requirements")) return;
    const said = list(event.data, "requirements", `event ${event.index}: the plan`);
    const names = said.filter((name) => typeof name === "string");
    if (names.length < said.length) {
      throw new Refused(
        "participants.requirements",
        `event ${event.index}: the requirements are no list of names`,
      );
    }
    this.requirements.set(planOf(event, "code"), new Set(names));
  }

  /** Take in an answer; the minter is who minted the token in use. */
  add(event: LoggedEvent, minter: string | null): void {
    const plan = planOf(event, "code");
    const name = event.text("input");
    const persons = new Map<string, string>();
    if (event.text("kind") !== CONFIGURATION || this.requirements.get(plan)?.has(name) === true) {
      if (minter !== null) persons.set(minter, MINTED_ANSWER);
      if (event.personId !== null) persons.set(event.personId, ANSWERED);
    }
    const answer = { index: event.index, id: event.text("answer_id"), digest: event.text("digest"), persons };
    const key = keyOf(plan, name);
    const before = this.given.get(key) ?? [];
    before.push(answer);
    this.given.set(key, before);
  }

  /** Who answered what a run was given, and how; an answer that was replaced counts as well. */
  parts(used: Used, before: number): Map<string, string> {
    const found = new Map<string, string>();
    for (const [name, answer] of used.answers) {
      const given = (this.given.get(keyOf(used.plan, name)) ?? []).filter(({ index }) => index < before);
      const newest = given.at(-1);
      if (answer !== null && (newest?.id !== answer.id || newest.digest !== answer.digest)) {
        throw new Refused(
          "participants.answer",
          `the log does not tell of the answer to ${name} that the run was given: nobody knows who gave it`,
        );
      }
      for (const { persons } of given) for (const [person, how] of persons) found.set(person, how);
    }
    return found;
  }
}

/** Read which inputs a run was given; runs from before inputs were answered were given none. */
export function usedRead(event: LoggedEvent): Used {
  const answers = new Map<string, AnswerNamed | null>();
  if (!event.data.has("inputs")) return { plan: "", answers };
  const where = `event ${event.index}: the run`;
  const items = list(event.data, "inputs", where);
  for (const item of items) {
    const [name, answer] = oneRead(item, where);
    answers.set(name, answer);
  }
  if (answers.size < items.length) throw new Refused("participants.inputs", `${where} names an input twice`);
  return { plan: items.length > 0 ? planOf(event, "plan") : "", answers };
}

function oneRead(item: Json, where: string): [name: string, answer: AnswerNamed | null] {
  if (isObject(item)) {
    const name = item.get("name");
    const id = item.get("answer");
    const digest = item.get("digest");
    if (typeof name === "string" && id === null && digest === null) return [name, null];
    if (typeof name === "string" && typeof id === "string" && typeof digest === "string") {
      return [name, { id, digest }];
    }
  }
  throw new Refused("participants.inputs", `${where} has an input without name, answer and digest`);
}

/** A plan by its project and code, in all its versions. */
function planOf(event: LoggedEvent, code: string): string {
  return JSON.stringify([event.text("project_id"), event.text(code)]);
}

function keyOf(plan: string, name: string): string {
  return JSON.stringify([plan, name]);
}
