import { describe, expect, it } from "vitest";

import { dayBegins, dayEnds } from "./days";

describe("absences", () => {
  it("begin with the day or now, and end when the last day is over", () => {
    const now = new Date("2026-12-01T15:00");
    expect(dayBegins("", now)).toBeNull();
    expect(dayBegins("2026-12-01", now)).toBeNull();
    expect(dayBegins("2026-12-02", now)).toBe(new Date("2026-12-02T00:00").toISOString());
    expect(dayEnds("2026-12-31")).toBe(new Date("2027-01-01T00:00").toISOString());
  });
});
