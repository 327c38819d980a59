import type { Policy, Tier } from "./queries";
import { type Role, ROLES } from "./strings";

/** How many of each role, by tier. */
export type Counts = Record<Tier["tier"], Record<Role, number>>;

const TIERS = ["director", "cab"] as const;

export function countsOf(tiers: NonNullable<Policy["tiers"]>): Counts {
  const none = (): Record<Role, number> => ({ director: 0, cab_member: 0, security_reviewer: 0 });
  const counts: Counts = { director: none(), cab: none() };
  for (const { tier, quorum } of tiers) {
    for (const { role, count } of quorum) {
      const known = ROLES.find((one) => one === role);
      if (known !== undefined) counts[tier][known] += count;
    }
  }
  return counts;
}

export function tiersOf(counts: Counts) {
  return TIERS.map((tier) => ({
    tier,
    quorum: ROLES.filter((role) => counts[tier][role] > 0).map((role) => ({ role, count: counts[tier][role] })),
  }));
}

export type Effect = "same" | "more" | "less" | "nobody" | "board";

/** What a change would be; the platform says the last word. */
export function effectOf(now: Counts, wanted: Counts): Effect {
  if (TIERS.some((tier) => ROLES.every((role) => wanted[tier][role] === 0))) return "nobody";
  if (wanted.cab.cab_member === 0) return "board";
  const changes = TIERS.flatMap((tier) => ROLES.map((role) => wanted[tier][role] - now[tier][role]));
  if (changes.some((change) => change < 0)) return "less";
  return changes.some((change) => change > 0) ? "more" : "same";
}
