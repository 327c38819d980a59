// Events of the log: their one shape, and those that the files of an export are held against.
import type { Bytes } from "./bytes";
import { base64Decode, flag, given, isObject, keysExact, list, object, text } from "./encoding";
import { Refused } from "./errors";
import { canonicalObject, type JsonObject } from "./json";
import { timeCheck, timeMoment } from "./time";
import { EVENT_DATA, EVENT_TEXTS, PROOF_DIGEST } from "./vocabulary";

const EVENT_VERSION = 1;
const EVENT = new Set(["v", "id", "time", "type", "actor", "subject", "correlation_id", "data"]);
const ACTOR = new Set(["kind", "id", "person_id", "label", "token_id", "unattended", "roles"]);
const SUBJECT = new Set(["type", "id"]);
const LABEL = new Set(["key", "nonce", "ciphertext"]);
const TYPE = /^[a-z_]+(?:\.[a-z_]+)+$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const WHERE = "the event";
const OF_ACTOR = "the actor of the event";

/** An event that files of the export are held against. */
export class LoggedEvent {
  readonly index: number;
  readonly time: string;
  /** The same in microseconds since the epoch. */
  readonly moment: bigint;
  readonly type: string;
  readonly subjectType: string;
  readonly subjectId: string;
  readonly actorId: string;
  readonly personId: string | null;
  readonly unattended: boolean;
  readonly data: JsonObject;
  /** The token that was used, if any. */
  readonly tokenId: string | null;

  constructor(event: JsonObject, index: number, personId: string | null) {
    const actor = object(event, "actor", WHERE);
    const subject = object(event, "subject", WHERE);
    this.index = index;
    this.time = timeCheck(given(event, "time"), "the time of the event");
    this.moment = timeMoment(this.time, "the time of the event");
    this.type = text(event, "type", WHERE);
    this.subjectType = text(subject, "type", WHERE);
    this.subjectId = text(subject, "id", WHERE);
    this.actorId = text(actor, "id", WHERE);
    this.personId = personId;
    this.unattended = flag(actor, "unattended", WHERE);
    this.data = object(event, "data", WHERE);
    const token = given(actor, "token_id");
    this.tokenId = typeof token === "string" ? token : null;
  }

  /** A field of the event's data that is text. */
  text(name: string): string {
    return text(this.data, name, `the event ${this.type} at ${this.index}`);
  }
}

/** What reading a whole log gave: the events that matter to other checks, in order. */
export class LogContent {
  readonly size: number;
  readonly events: LoggedEvent[] = [];

  constructor(size: number) {
    this.size = size;
  }

  ofType(kind: string): LoggedEvent[] {
    return this.events.filter(({ type }) => type === kind);
  }
}

/** What reading one event gives: itself only when the files of an export are held against it. */
export interface EventRead {
  readonly id: string;
  readonly time: string;
  readonly kept: LoggedEvent | undefined;
}

/** Check the shape of one event. */
export function eventRead(data: Bytes, index: number): EventRead {
  const event = canonicalObject(data);
  keysExact(event, EVENT, WHERE);
  if (given(event, "v") !== EVENT_VERSION) {
    throw new Refused("event.version", "the event is of no known version");
  }
  const kind = text(event, "type", WHERE);
  if (!TYPE.test(kind)) throw new Refused("event.type", `the type ${kind} is malformed`);
  const id = text(event, "id", WHERE);
  if (!UUID.test(id)) throw new Refused("event.id", "the id of the event is not a UUID");
  const time = timeCheck(given(event, "time"), "the time of the event");
  const actor = object(event, "actor", WHERE);
  const subject = object(event, "subject", WHERE);
  keysExact(subject, SUBJECT, "the subject of the event");
  text(event, "correlation_id", WHERE);
  const person = actorCheck(actor);
  const payload = object(event, "data", WHERE);
  text(subject, "type", "the subject of the event");
  text(subject, "id", "the subject of the event");
  const demanded = EVENT_DATA.get(kind);
  if (demanded === undefined) {
    if (!payload.has(PROOF_DIGEST)) return { id, time, kept: undefined };
  } else {
    const missing = demanded.filter((name) => !payload.has(name));
    if (missing.length > 0) throw new Refused("event.data", `the event ${kind} lacks ${missing.join(", ")}`);
    for (const name of EVENT_TEXTS.get(kind) ?? []) text(payload, name, `the event ${kind}`);
  }
  return { id, time, kept: new LoggedEvent(event, index, person) };
}

/** Check the actor of an event; gives the id of the person, if it is one. */
function actorCheck(actor: JsonObject): string | null {
  keysExact(actor, ACTOR, OF_ACTOR);
  for (const name of ["kind", "id"]) text(actor, name, OF_ACTOR);
  flag(actor, "unattended", OF_ACTOR);
  if (list(actor, "roles", OF_ACTOR).some((role) => typeof role !== "string")) {
    throw new Refused("event.roles", "a role of the actor is not text");
  }
  const person = given(actor, "person_id");
  const label = given(actor, "label");
  if (person !== null && typeof person !== "string") {
    throw new Refused("event.person", "the person of the actor is not an id");
  }
  const token = given(actor, "token_id");
  if (token !== null && typeof token !== "string") {
    throw new Refused("event.token", "the token of the actor is not an id");
  }
  if (isObject(label)) {
    keysExact(label, LABEL, "the label of the actor");
    base64Decode(text(label, "nonce", "the label of the actor"));
    base64Decode(text(label, "ciphertext", "the label of the actor"));
  } else if (person !== null || typeof label !== "string") {
    throw new Refused("event.label", "the label of a person must be encrypted");
  }
  return person;
}
