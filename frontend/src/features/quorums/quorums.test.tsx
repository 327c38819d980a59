import { describe, expect, it } from "vitest";

import { type Counts, countsOf, effectOf, tiersOf } from "./counts";
import { tiersText } from "./quorums-page";

const BUILT_IN = [
  { tier: "director" as const, quorum: [{ role: "director", count: 1 }] },
  { tier: "cab" as const, quorum: [{ role: "cab_member", count: 2 }] },
];
const now = countsOf(BUILT_IN);

function changed(tier: keyof Counts, role: keyof Counts["cab"], count: number): Counts {
  return { ...now, [tier]: { ...now[tier], [role]: count } };
}

describe("a quorum policy", () => {
  it("comes back as it was sent", () => {
    expect(tiersOf(now)).toEqual(BUILT_IN);
    expect(countsOf([{ tier: "cab", quorum: [{ role: "unheard_of", count: 9 }] }]).cab.cab_member).toBe(0);
  });

  it("asks for less as soon as one role in one tier has fewer, whatever else has more", () => {
    expect(effectOf(now, now)).toBe("same");
    expect(effectOf(now, changed("cab", "cab_member", 3))).toBe("more");
    expect(effectOf(now, changed("cab", "cab_member", 1))).toBe("less");
    const exchanged = changed("director", "director", 0);
    exchanged.director = { ...exchanged.director, security_reviewer: 5 };
    expect(effectOf(now, exchanged)).toBe("less");
  });

  it("keeps somebody in each tier, and the board in its own", () => {
    expect(effectOf(now, changed("director", "director", 0))).toBe("nobody");
    const without = changed("cab", "cab_member", 0);
    without.cab = { ...without.cab, director: 2 };
    expect(effectOf(now, without)).toBe("board");
  });

  it("is told in words", () => {
    expect(tiersText(BUILT_IN)).toBe("Standard: 1 director; CAB: 2 CAB members");
    expect(tiersText(null)).toContain("platform");
  });
});
