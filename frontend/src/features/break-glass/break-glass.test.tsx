import { describe, expect, it } from "vitest";

import type { Glass } from "@/lib/break-glass";

import { LOUD, STATES } from "./strings";

const glass: Glass = {
  id: "g",
  project: "sample",
  project_id: "p",
  state: "open",
  reason: "logins fail",
  minutes: 30,
  permits: ["quorum"],
  requested_by: "Dana",
  requested_at: "2026-02-01T00:00:00Z",
  opened_by: "Sam",
  opened_at: "2026-02-01T00:01:00Z",
  expires_at: "2026-02-01T00:31:00Z",
  closed_at: null,
  review_due_at: "2026-02-02T00:01:00Z",
  reviewed_by: null,
  reviewed_at: null,
  review: "",
  mine: false,
  may_confirm: false,
  may_close: false,
  may_review: false,
};

describe("break-glass", () => {
  it("is loud until it is reviewed, and quiet where nothing came of it", () => {
    expect(LOUD.open?.(glass)).toContain("sample");
    expect(LOUD.requested?.(glass)).toContain("Dana");
    expect(LOUD.review_overdue?.(glass)).toContain("overdue");
    expect(LOUD.reviewed).toBeUndefined();
    expect(LOUD.lapsed).toBeUndefined();
    expect(STATES.open.tone).toBe("fail");
  });
});
