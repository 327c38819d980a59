import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";

import { client } from "@/lib/api";
import { show } from "@/lib/test-show";

import { type MergeQueue, type Place, queueKeys } from "./queries";
import { QueuePage } from "./queue-page";

const SLUG = "ledger";

function place(changed: Partial<Place> = {}): Place {
  return {
    position: 1,
    run_id: "r1",
    request_id: "q1",
    title: "Tighten the login",
    state: "waiting_approval",
    since: "2026-01-01T00:00:00Z",
    tier: "cab",
    risk_score: 62,
    votes: 1,
    votes_required: 2,
    verdict: "holds",
    why: "",
    behind: [],
    checked_at: null,
    reserved: false,
    reservable: true,
    ...changed,
  };
}

function queue(changed: Partial<MergeQueue> = {}): MergeQueue {
  return {
    project: { id: "p1", slug: SLUG, name: "ledger" },
    branch: "main",
    head_commit: "c".repeat(40),
    base_move: "carry_over",
    slot_minutes: 60,
    merge_seconds: 4,
    may_reserve: true,
    may_configure: true,
    reservation: null,
    places: [place()],
    ...changed,
  };
}

const showQueue = (shown: MergeQueue) =>
  show(<QueuePage project={SLUG} />, [
    [queueKeys.projects(), { results: [{ id: "p1", slug: SLUG, name: "ledger" }], next: null }],
    [queueKeys.one(SLUG), shown],
  ]);

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the merge queue", () => {
  it("says of each change where it stands, how, and why not", async () => {
    const second = place({ position: 2, run_id: "r2", title: "Remove", tier: "director", reservable: false, verdict: "void", why: "a file moved", behind: ["Tighten the login"] });
    await showQueue(queue({ places: [place(), second] }));
    expect(screen.getByText(/1 of 2 signed · for the CAB · risk 62/)).toBeTruthy();
    expect(screen.getByText("verified ahead")).toBeTruthy();
    expect(screen.getByText("will not hold")).toBeTruthy();
    expect(screen.getByText("a file moved")).toBeTruthy();
    expect(screen.getByText("behind 1 change")).toBeTruthy();
    // Only what the board decides on can have the slot kept.
    expect(screen.getAllByRole("button", { name: "Keep the next slot" })).toHaveLength(1);
  });

  it("keeps the next slot for one change", async () => {
    const post = vi.spyOn(client, "POST").mockReturnValue(new Promise(() => undefined));
    await showQueue(queue());
    await userEvent.click(screen.getByRole("button", { name: "Keep the next slot" }));
    expect(post.mock.calls[0]?.[1]).toMatchObject({ params: { path: { slug: SLUG } }, body: { request_id: "q1" } });
  });

  it("says for what the slot is kept, and gives it back", async () => {
    const post = vi.spyOn(client, "POST").mockReturnValue(new Promise(() => undefined));
    const reservation = { run_id: "r1", request_id: "q1", title: "Tighten the login", by_label: "Cleo", reserved_at: "2026-01-01T00:00:00Z", expires_at: "2099-01-01T00:00:00Z" };
    await showQueue(queue({ reservation, places: [place({ reserved: true })] }));
    expect(screen.getByText(/asked for by Cleo/)).toBeTruthy();
    expect(screen.getByText("the next slot is kept for it")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Keep the next slot" })).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "Give it back" }));
    expect(post.mock.calls[0]?.[0]).toContain("/release/");
  });

  it("offers nothing that the viewer may not do", async () => {
    await showQueue(queue({ may_reserve: false, may_configure: false }));
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("makes the project strict", async () => {
    const post = vi.spyOn(client, "POST").mockReturnValue(new Promise(() => undefined));
    await showQueue(queue());
    await userEvent.click(screen.getByRole("button", { name: "Be strict" }));
    expect(post.mock.calls[0]?.[1]).toMatchObject({ body: { base_move: "strict" } });
  });

  it("says that nothing waits", async () => {
    await showQueue(queue({ places: [], base_move: "strict", slot_minutes: 0 }));
    expect(screen.getByText("Nothing waits here")).toBeTruthy();
    expect(screen.getByText(/keeps it for nobody/)).toBeTruthy();
    expect(screen.getByRole("button", { name: "Carry decisions over" })).toBeTruthy();
  });
});
