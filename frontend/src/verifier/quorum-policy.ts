// Who must decide, as the log tells of it: how many people of which role, by tier, for each project. An administrator
// alone may ask for more; asking for less takes two people.
import { given, isCount, isObject, keysExact, object } from "./encoding";
import { Refused } from "./errors";
import { addTo } from "./grouped";
import { type Json, jsonSame } from "./json";
import type { LogContent, LoggedEvent } from "./log-events";
import type { Quorum } from "./pack-facts";
import { ADMIN, type People } from "./people";
import type { Trust } from "./trust";
import { EVENT, ROLE_CAB, TIER_CAB, TIER_STANDARD } from "./vocabulary";

const DECIDERS = ["director", ROLE_CAB, "security_reviewer"];
const PLATFORM = ""; // the name under which the platform's own policy stands beside those of projects
const MOST = 20;
// A change that was being sealed while its policy became stricter may still ask for what held before.
const SEALING = 600_000_000n; // ten minutes, in microseconds
const TIERS = [TIER_CAB, TIER_STANDARD];
const WHERE = "a quorum policy";

type Roles = ReadonlyMap<string, number>;
type Tiers = ReadonlyMap<string, Roles>;

const BUILT_IN: Tiers = new Map([
  [TIER_CAB, new Map([[ROLE_CAB, 2]])],
  [TIER_STANDARD, new Map([["director", 1]])],
]);

/** What an event of the log set; `tiers` is null where a project follows the platform from there on. */
interface Standing {
  readonly index: number;
  readonly moment: bigint;
  readonly tiers: Tiers | null;
}

/** The policies of a log, by project, each in order. */
export class QuorumPolicies {
  readonly standings = new Map<string, Standing[]>();

  add(project: string, standing: Standing): void {
    addTo(this.standings, project, standing);
  }

  get count(): number {
    return [...this.standings.values()].flat().length;
  }

  /** What held for a project before this place of the log. */
  tiers(project: string, index: number): Tiers {
    for (const scope of [project, PLATFORM]) {
      const newest = this.standings.get(scope)?.findLast((item) => item.index < index);
      if (newest?.tiers) return newest.tiers;
    }
    return BUILT_IN;
  }

  /** Check that what a pack asks for is no less than what held when it was sealed, or had held just before. */
  check(project: string, tier: string, quorum: Quorum, event: LoggedEvent): void {
    if (!TIERS.includes(tier)) throw new Refused("quorum.tier", `there is no tier ${tier}`);
    const changes = [...new Set([project, PLATFORM])].flatMap((scope) => this.standings.get(scope) ?? []);
    const recent = changes.filter((item) => item.index < event.index && near(item.moment, event.moment));
    const held = [event.index, ...recent.map(({ index }) => index)].map((index) => this.tiers(project, index));
    if (held.every((tiers) => lacks(quorum, tiers.get(tier)))) {
      throw new Refused("quorum.policy", `its quorum lacks people whom the log asked for in the tier ${tier} then`);
    }
  }
}

function near(one: bigint, other: bigint): boolean {
  const apart = one - other;
  return apart <= SEALING && -apart <= SEALING;
}

/** Whether a quorum asks for fewer people of a role than is wanted. */
function lacks(quorum: Iterable<readonly [string, number]>, wanted: Roles | undefined): boolean {
  const asking = new Map<string, number>();
  for (const [role, count] of quorum) asking.set(role, (asking.get(role) ?? 0) + count);
  return [...(wanted ?? [])].some(([role, count]) => count > (asking.get(role) ?? 0));
}

/** Read who must decide in each tier. */
function tiersRead(value: Json): Tiers {
  if (!isObject(value)) throw new Refused("quorum.shape", "a quorum policy says for each tier who must decide");
  keysExact(value, new Set(TIERS), WHERE);
  const tiers = new Map<string, Roles>();
  for (const tier of TIERS) {
    const parts = [...object(value, tier, WHERE)].map(([role, count]): [string, number] => {
      if (!DECIDERS.includes(role)) throw new Refused("quorum.role", `the role ${role} decides nothing`);
      if (!isCount(count) || count < 1 || count > MOST) {
        throw new Refused("quorum.count", `the tier ${tier} needs 1 to ${MOST} of ${role}, a whole number`);
      }
      return [role, count];
    });
    if (parts.length === 0) throw new Refused("quorum.empty", `the tier ${tier} asks for nobody`);
    tiers.set(tier, new Map(parts));
  }
  if (tiers.get(TIER_CAB)?.has(ROLE_CAB) !== true) {
    throw new Refused("quorum.cab", `the tier ${TIER_CAB} needs at least one ${ROLE_CAB}`);
  }
  return tiers;
}

/** Read every quorum policy from its events, in order. */
export function policiesRead(content: LogContent, people: People, trust: Trust): QuorumPolicies {
  const policies = new QuorumPolicies();
  const proposed = new Map<string, LoggedEvent>();
  const done = new Set<string>();
  for (const event of content.events) {
    if (event.type === EVENT.quorumProposed) {
      const name = event.text("policy_id");
      if (!proposed.has(name)) proposed.set(name, event);
    } else if (event.type === EVENT.quorumSet) {
      const name = event.text("policy_id");
      if (done.has(name)) throw new Refused("quorum.twice", `event ${event.index}: a quorum policy was set twice`);
      done.add(name);
      const standing = set(policies, event, proposed.get(name), people, trust);
      policies.add(event.text("project"), standing);
    }
  }
  return policies;
}

function set(
  policies: QuorumPolicies,
  event: LoggedEvent,
  proposal: LoggedEvent | undefined,
  people: People,
  trust: Trust,
): Standing {
  const where = `event ${event.index}: the quorum policy`;
  const project = event.text("project");
  const stated = given(event.data, "tiers");
  const tiers = stated === null && project !== PLATFORM ? null : tiersRead(stated);
  const before = policies.tiers(project, event.index);
  // What a project asked for by itself is given up for what the platform asks for.
  const after = tiers ?? policies.tiers(PLATFORM, event.index);
  if (proposal !== undefined && !jsonSame(asked(proposal), asked(event))) {
    throw new Refused("quorum.proposed", `${where} is another than was proposed`);
  }
  allowed(proposal ?? event, [ADMIN], where, people, trust);
  if (TIERS.some((tier) => lacks(after.get(tier) ?? [], before.get(tier)))) {
    if (proposal === undefined || event.personId === proposal.personId) {
      throw new Refused("quorum.weaker", `${where} asks for less than before, and takes two people`);
    }
    allowed(event, DECIDERS, where, people, trust);
  } else if (proposal !== undefined) allowed(event, [...DECIDERS, ADMIN], where, people, trust);
  return { index: event.index, moment: event.moment, tiers };
}

function asked({ data }: LoggedEvent): Json {
  return [given(data, "project"), given(data, "tiers")];
}

function allowed(act: LoggedEvent, roles: readonly string[], where: string, people: People, trust: Trust): void {
  if (act.personId === null || act.unattended) throw new Refused("quorum.person", `${where} was not set by people`);
  if (trust.accounts !== undefined && !people.heldAny(act.personId, roles, act.index)) {
    throw new Refused("quorum.setter", `${where} was set by somebody without the role`);
  }
}
