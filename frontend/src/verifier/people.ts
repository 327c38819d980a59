// People, as the log tells of them: who held which role when, and whose passkeys could decide. Nothing here comes from a
// table. A grant counts when whoever made it was an administrator at that place of the log; a passkey counts when its
// owner proposed it and another person confirmed it, until somebody revoked it.
import type { Bytes } from "./bytes";
import type { Decision } from "./decision";
import { base64Decode, digestCheck, given, keysExact, text } from "./encoding";
import { Refused } from "./errors";
import { addTo } from "./grouped";
import { digestBytes } from "./hash";
import { canonicalObject } from "./json";
import type { LogContent, LoggedEvent } from "./log-events";
import type { Trust } from "./trust";
import { EVENT } from "./vocabulary";
import { assertionVerify, coseKeyRead } from "./webauthn";

export const ADMIN = "admin";
const CONFIRMERS = [ADMIN, "director"];
const ASSERTION_VERSION = 1;
const ASSERTION = new Set(["v", "credential", "authenticator_data", "client_data", "signature"]);

/** A passkey that could decide, and from where to where in the log it could. */
interface Passkey {
  readonly personId: string;
  readonly publicKey: Bytes;
  readonly rpId: string;
  confirmed?: number;
  revoked?: number;
  count: number;
}

export class People {
  /** Where in the log each person came to hold a role, and where no longer, by person and role. */
  readonly roles = new Map<string, [index: number, granted: boolean][]>();
  /** By the digest of their id. */
  readonly passkeys = new Map<string, Passkey>();
  /** What the keys of all passkeys are, however they are spelled. */
  readonly materials = new Set<string>();
  /** How many roles were granted by the platform's operator, at the command line. */
  byOperator = 0;

  change(personId: string, role: string, index: number, granted: boolean): void {
    addTo(this.roles, JSON.stringify([personId, role]), [index, granted]);
  }

  /** Whether the person held the role at this place of the log. */
  held(personId: string, role: string, index: number): boolean {
    const changes = this.roles.get(JSON.stringify([personId, role])) ?? [];
    return changes.findLast(([moment]) => moment < index)?.[1] ?? false;
  }

  heldAny(personId: string, roles: Iterable<string>, index: number): boolean {
    return [...roles].some((role) => this.held(personId, role, index));
  }
}

/** Read roles and passkeys from the events of a log, in order. */
export async function peopleRead(content: LogContent, trust: Trust): Promise<People> {
  const people = new People();
  const proposed = new Map<string, string>();
  for (const admin of trust.accounts?.admins ?? []) people.change(admin, ADMIN, -1, true);
  for (const event of content.events) {
    if (event.type === EVENT.roleGranted || event.type === EVENT.roleRevoked) roleChange(people, event, trust);
    else if (event.type === EVENT.credentialProposed) await propose(people, event, proposed);
    else if (event.type === EVENT.credentialConfirmed) confirm(people, event, proposed, trust);
    else if (event.type === EVENT.credentialRevoked) {
      const passkey = people.passkeys.get(event.text("credential"));
      if (passkey !== undefined) passkey.revoked ??= event.index;
    }
  }
  return people;
}

function roleChange(people: People, event: LoggedEvent, trust: Trust): void {
  const granted = event.type === EVENT.roleGranted;
  if (trust.accounts !== undefined && granted) {
    if (event.personId === null) {
      if (!trust.accounts.operatorGrants) {
        throw new Refused(
          "people.operator",
          `event ${event.index}: a role was granted by no person, and the trust file asks for one`,
        );
      }
      people.byOperator += 1;
    } else if (!people.held(event.personId, ADMIN, event.index)) {
      throw new Refused("people.grant", `event ${event.index}: a role was granted by one who was no administrator`);
    }
  }
  people.change(event.subjectId, event.text("role"), event.index, granted);
}

async function propose(people: People, event: LoggedEvent, proposed: Map<string, string>): Promise<void> {
  const publicKey = base64Decode(event.text("public_key"));
  const { material } = await coseKeyRead(publicKey);
  const name = digestCheck(event.text("credential"), "the credential");
  if (event.personId !== event.text("person_id")) {
    throw new Refused("people.proposed", `event ${event.index}: a passkey was proposed by another than its owner`);
  }
  // Two spellings of one key would let one authenticator decide as two people.
  if (people.passkeys.has(name) || people.materials.has(material)) {
    throw new Refused("people.twice", `event ${event.index}: a passkey was enrolled twice`);
  }
  people.materials.add(material);
  people.passkeys.set(name, { personId: event.text("person_id"), publicKey, rpId: event.text("rp_id"), count: 0 });
  proposed.set(event.subjectId, name);
}

function confirm(people: People, event: LoggedEvent, proposed: ReadonlyMap<string, string>, trust: Trust): void {
  const refuse = (code: string, why: string): Refused => new Refused(code, `event ${event.index}: a passkey ${why}`);
  const passkey = people.passkeys.get(event.text("credential"));
  if (passkey === undefined || proposed.get(event.subjectId) !== event.text("credential")) {
    throw refuse("people.confirmed", "was confirmed that nobody had proposed");
  }
  if (
    event.text("person_id") !== passkey.personId ||
    event.text("fingerprint") !== digestBytes(passkey.publicKey)
  ) {
    throw refuse("people.fingerprint", "of another person or key was confirmed than was proposed");
  }
  if (event.personId === null || event.personId === passkey.personId) {
    throw refuse("people.second", "was confirmed by no other person");
  }
  if (trust.accounts !== undefined && !people.heldAny(event.personId, CONFIRMERS, event.index)) {
    throw refuse("people.confirmer", "was confirmed by somebody without the role");
  }
  passkey.confirmed ??= event.index;
}

/** Check that a decision was made in a role that its person held there. */
export function deciderCheck(decision: Decision, event: LoggedEvent, people: People, trust: Trust): void {
  if (trust.accounts !== undefined && !people.held(decision.personId, decision.role, event.index)) {
    throw new Refused("decision.role", `the log does not say that the approver was ${decision.role} then`);
  }
}

/** Check the passkey's own signature over a decision; gives the digest by which the log names the passkey. */
export async function passkeyCheck(
  decision: Decision,
  data: Bytes,
  event: LoggedEvent,
  people: People,
  trust: Trust,
): Promise<string> {
  if (trust.passkeys === undefined) {
    throw new Refused("passkey.party", "the trust file does not say for whom passkeys sign");
  }
  const content = canonicalObject(data);
  keysExact(content, ASSERTION, "the assertion");
  if (given(content, "v") !== ASSERTION_VERSION) {
    throw new Refused("passkey.version", "the assertion is of no known version");
  }
  if (event.data.get("assertion_digest") !== digestBytes(data)) {
    throw new Refused("passkey.event", "the log tells of another assertion");
  }
  const name = text(content, "credential", "the assertion");
  const passkey = people.passkeys.get(name);
  if (passkey === undefined || !active(passkey, event.index) || passkey.personId !== decision.personId) {
    throw new Refused("passkey.person", "the passkey could not decide for this person at that place");
  }
  if (passkey.rpId !== trust.passkeys.rpId) {
    throw new Refused("passkey.rp", "the passkey was enrolled for another relying party");
  }
  const count = await assertionVerify(content, passkey.publicKey, decision.challenge, trust.passkeys);
  if ((count > 0 || passkey.count > 0) && count <= passkey.count) {
    throw new Refused("passkey.count", "the counter of the passkey did not grow: it may be a copy");
  }
  passkey.count = count;
  return name;
}

function active({ confirmed, revoked }: Passkey, index: number): boolean {
  return confirmed !== undefined && confirmed < index && (revoked === undefined || index < revoked);
}
