import { afterEach, describe, expect, it, vi } from "vitest";

import { client, cookie, cursorOf, unwrap } from "./api";
import { coverageAdd, coverageComplete, type Stretch } from "./coverage";
import { digestOf, digestShort } from "./digest";
import { formatBytes, formatDuration, formatLeft, words } from "./format";
import { randomId } from "./id";
import { logger } from "./logger";
import { asProblem, ProblemError, problemFrom } from "./problem";
import { visibleText } from "./visible-text";

describe("coverage", () => {
  const see = (...parts: readonly [number, number][]): readonly Stretch[] =>
    parts.reduce<readonly Stretch[]>((seen, [from, to]) => coverageAdd(seen, from, to), []);

  it("is complete when the parts touch, in whatever order they came", () => {
    expect(coverageComplete(see([0.5, 1.2], [-1, 0.3], [0.3, 0.5]))).toBe(true);
  });

  it("is not complete with a gap, however small the rest", () => {
    expect(coverageComplete(see([0, 0.49], [0.51, 1]))).toBe(false);
    expect(coverageComplete(see([0.01, 1]))).toBe(false);
    expect(coverageComplete([])).toBe(false);
  });

  it("takes nothing from what is off the screen", () => {
    expect(see([-2, -1], [1.5, 2])).toEqual([]);
  });
});

describe("visibleText", () => {
  it("draws overrides, zero-width and control characters by name and counts them", () => {
    expect(visibleText("a\u202eb\u200bc\u0000")).toEqual({ text: "a⟦U+202E⟧b⟦U+200B⟧c⟦U+0000⟧", hidden: 3 });
  });

  it("draws tags from beyond the basic plane", () => {
    expect(visibleText("x\u{e0041}").text).toBe("x⟦U+E0041⟧");
  });

  it("leaves text, tabs and line feeds alone, and shows foreign line endings", () => {
    expect(visibleText("naïve\t日本\nend\r\n")).toEqual({ text: "naïve\t日本\nend␍\n", hidden: 0 });
  });
});

describe("digests", () => {
  it("are computed as the platform writes them", async () => {
    expect(await digestOf(new TextEncoder().encode("abc"))).toBe(
      "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  });

  it("are shortened to what the eye can compare", () => {
    expect(digestShort(`sha256:${"ab".repeat(32)}`)).toBe("abababab…abab");
    expect(digestShort("3f9a")).toBe("3f9a");
  });
});

describe("formats", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");

  it.each([
    ["2026-01-07T23:30:00Z", "6 d 23 h"],
    ["2026-01-01T05:07:00Z", "5 h 7 min"],
    ["2026-01-01T00:01:05Z", "1 min 5 s"],
    ["2025-12-31T23:59:59Z", null],
    ["2026-01-01T00:00:00Z", null],
  ])("time left until %s is %s", (iso, expected) => {
    expect(formatLeft(iso, now)).toBe(expected);
  });

  it("takes the unit that fits", () => {
    expect(formatDuration(950)).toBe("950 ms");
    expect(formatDuration(1500)).toBe("1.5 s");
    expect(formatDuration(125_000)).toBe("2 min 5 s");
    expect(formatBytes(900)).toBe("900 B");
    expect(formatBytes(94_208)).toBe("92.0 KiB");
    expect(formatBytes(3 * 1024 * 1024)).toBe("3.0 MiB");
  });

  it("reads machine names aloud", () => {
    expect(words("sbom_vulnerability")).toBe("SBOM vulnerability");
    expect(words("touches_ci")).toBe("Touches CI");
    expect(words("circle")).toBe("Circle");
  });
});

describe("problems", () => {
  it("keep code, detail and correlation id", () => {
    const problem = problemFrom(
      { title: "Conflict", status: 409, detail: "the pack has moved", code: "digest_mismatch", correlation_id: "c1" },
      409,
      "header",
    );
    expect(problem).toMatchObject({ code: "digest_mismatch", message: "the pack has moved", correlationId: "c1" });
  });

  it("say what they do not know", () => {
    expect(problemFrom("<html>", 502, "c2")).toMatchObject({
      code: "http_502",
      message: "The platform answered 502",
      correlationId: "c2",
    });
  });

  it("tell a platform that does not answer from a fault of the page", () => {
    expect(asProblem(new TypeError("Failed to fetch")).code).toBe("platform_unreachable");
    expect(asProblem(new Error("oh")).code).toBe("page_error");
    expect(asProblem("oh").message).toBe("oh");
    const problem = problemFrom({}, 400, null);
    expect(asProblem(problem)).toBe(problem);
  });
});

describe("client", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("sends the CSRF token and an idempotency key with what writes, never with what reads", async () => {
    document.cookie = "csrftoken=tok%20en";
    const sent: Request[] = [];
    const answer = (request: Request): Promise<Response> => {
      sent.push(request);
      return Promise.resolve(Response.json({}));
    };
    const options = { baseUrl: "http://localhost/", fetch: answer };
    await client.POST("/api/v1/auth/logout/", options);
    await client.GET("/api/v1/me/", options);
    expect(cookie("csrftoken")).toBe("tok en");
    expect(sent[0]?.headers.get("X-CSRFToken")).toBe("tok en");
    expect(sent[0]?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f-]{36}$/);
    expect(sent[1]?.headers.has("X-CSRFToken")).toBe(false);
    expect(cookie("other")).toBeNull();
  });

  it("turns a refusal into a problem, and logs it", async () => {
    const response = new Response("", { status: 403, headers: { "X-Correlation-ID": "c3" } });
    const call = unwrap(Promise.resolve({ error: { code: "role_missing", detail: "no" }, response }));
    await expect(call).rejects.toBeInstanceOf(ProblemError);
    expect(logger.entries().at(-1)).toMatchObject({ level: "warn", message: "role_missing: no", correlationId: "c3" });
  });

  it("finds the cursor of the next page", () => {
    expect(cursorOf("http://x/api/v1/runs/?cursor=abc&limit=50")).toBe("abc");
    expect(cursorOf("/api/v1/runs/")).toBeUndefined();
    expect(cursorOf(null)).toBeUndefined();
  });
});

describe("logger", () => {
  it("keeps the last entries only", () => {
    for (let at = 0; at < 60; at += 1) logger.info(`entry ${at}`);
    logger.error("last");
    expect(logger.entries()).toHaveLength(50);
    expect(logger.entries().at(-1)?.message).toBe("last");
  });
});

describe("randomId", () => {
  it("is a version 4 UUID, another each time", () => {
    expect(randomId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(randomId()).not.toBe(randomId());
  });
});
