import { describe, expect, it } from "vitest";

import { People } from "./people";
import { QuorumPolicies } from "./quorum-policy";

describe("what grows with a log", () => {
  it("is kept in place, and not copied for each event", () => {
    const people = new People();
    people.change("dana", "director", 0, true);
    const [changes] = people.roles.values();
    people.change("dana", "director", 1, false);
    expect([...people.roles.values()]).toEqual([[[0, true], [1, false]]]);
    expect([...people.roles.values()][0]).toBe(changes);

    const policies = new QuorumPolicies();
    policies.add("ledger", { index: 0, moment: 0n, tiers: null });
    const [standings] = policies.standings.values();
    policies.add("ledger", { index: 1, moment: 1n, tiers: null });
    expect(standings).toHaveLength(2);
    expect(policies.standings.get("ledger")).toBe(standings);
  });
});
