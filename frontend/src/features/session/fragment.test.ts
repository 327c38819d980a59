import { beforeEach, describe, expect, it } from "vitest";

import { safeNext, takeFragmentToken } from "./fragment";

describe("takeFragmentToken", () => {
  beforeEach(() => {
    window.history.replaceState(null, "", "/login");
  });

  it("hands the token out once and leaves no fragment behind", () => {
    window.history.replaceState(null, "", "/login?next=%2Finbox#token=abc-123");
    expect(takeFragmentToken()).toBe("abc-123");
    expect(window.location.hash).toBe("");
    expect(window.location.search).toBe("?next=%2Finbox");
    expect(takeFragmentToken()).toBeNull();
  });

  it("knows no token in another fragment", () => {
    window.history.replaceState(null, "", "/login#elsewhere");
    expect(takeFragmentToken()).toBeNull();
  });
});

describe("safeNext", () => {
  it.each([
    ["/decisions/1?x=2", "/decisions/1?x=2"],
    ["//evil.example/", "/inbox"],
    ["/\\evil.example", "/inbox"],
    ["https://evil.example/", "/inbox"],
    ["/login?next=/login", "/inbox"],
    [undefined, "/inbox"],
  ])("sends %s to %s", (next, expected) => {
    expect(safeNext(next)).toBe(expected);
  });
});
