import { MantineProvider } from "@mantine/core";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { client } from "@/lib/api";
import { show } from "@/lib/test-show";

import { AuditPage } from "./audit-page";
import { justThis } from "./events-table";
import type { AuditEvent } from "./queries";
import { exportAddress, fromField, searchRead, toField } from "./search";
import { STRINGS } from "./strings";
import { Timeline } from "./timeline";
import { gapText, timelineLayout, toneOf } from "./timeline-layout";

const event = (id: string, time: string, changes: Partial<AuditEvent> = {}): AuditEvent => ({
  id,
  leaf_index: 7,
  time,
  type: "run.created",
  actor_kind: "person",
  actor_id: "u1",
  actor_label: "Dana",
  subject_type: "run",
  subject_id: "r1",
  correlation_id: "",
  data: {},
  ...changes,
});

const DAY = [
  event("c", "2026-02-02T00:00:00Z", { type: "run.merged", actor_kind: "service", actor_label: null }),
  event("b", "2026-02-01T00:00:01Z", { type: "gate.failed", actor_kind: "service" }),
  event("a", "2026-02-01T00:00:00Z"),
];

describe("the search of the log", () => {
  it("takes from an address what it knows, and nothing that is empty", () => {
    expect(searchRead({ type: " run. ", subject_id: "7", actor_id: "", cursor: "x", from: null })).toEqual({
      type: "run.",
      subject_id: "7",
    });
    expect(exportAddress({ type: "run.", from: "2026-02-01T00:00:00+01:00" })).toBe(
      "/api/v1/audit/events/export/?type=run.&from=2026-02-01T00%3A00%3A00%2B01%3A00",
    );
  });

  it("shows a moment in the field and reads the same moment from it", () => {
    const iso = "2026-02-01T10:30:00.000Z";
    expect(fromField(toField(iso))).toBe(iso);
    expect(toField("nonsense")).toBe("");
    expect(toField(undefined)).toBe("");
    expect(fromField("")).toBe("");
  });

  it("finds one event by its moment, to the microsecond", () => {
    const { from, until } = justThis(event("a", "2026-02-01T00:00:00.123456Z"));
    expect([from, until]).toEqual(["2026-02-01T00:00:00.123456Z", "2026-02-01T00:00:00.124Z"]);
  });
});

describe("the timeline", () => {
  it("goes from old to new, in lanes, and is longer where time passed", () => {
    const { marks, lanes, width } = timelineLayout(DAY);
    expect(marks.map((mark) => mark.event.id)).toEqual(["a", "b", "c"]);
    expect(lanes).toEqual(["person", "service"]);
    const [a, b, c] = marks.map((mark) => mark.x) as [number, number, number];
    expect(c - b).toBeGreaterThan(b - a);
    expect(width).toBeGreaterThan(c);
    expect(marks.map((mark) => mark.gap === null)).toEqual([true, true, false]);
    expect(timelineLayout([]).marks).toEqual([]);
  });

  it("says how long nothing happened", () => {
    expect([gapText(90_000), gapText(7_200_000), gapText(200_000_000), gapText(1)]).toEqual(["1 min", "2 h", "2 d", ""]);
  });

  it("colours what the name says, and leaves alone what it does not", () => {
    expect(["gate.failed", "run.merged", "run.created", "comment.said"].map(toneOf)).toEqual(["fail", "pass", "run", "idle"]);
    // A word within another is another word.
    expect(["user.locked", "user.unlocked", "phase.blocked", "decision.signature_refused", "phase.reopened"].map(toneOf)).toEqual(["fail", "idle", "fail", "fail", "run"]);
  });

  it("draws every event, says who did it, and opens the one that is chosen", () => {
    const chosen: string[] = [];
    render(
      <MantineProvider>
        <Timeline events={[...DAY.slice(0, 2), event("a", "2026-02-01T00:00:00Z", { actor_label: "Da\u202ena" })]} onChoose={(id) => chosen.push(id)} />
      </MantineProvider>,
    );
    expect(screen.getAllByRole("link")).toHaveLength(3);
    fireEvent.click(screen.getByRole("link", { name: /run\.merged, erased/ }));
    expect(chosen).toEqual(["c"]);
    expect(screen.getByRole("link", { name: /run\.created, Da⟦U\+202E⟧na/ })).toBeTruthy();
    expect(screen.getByText("23 h")).toBeTruthy();
  });
});

/** The page over a log that answers with these pages, one after the other. */
function showLog(...pages: (readonly AuditEvent[])[]) {
  const next = (at: number) => (at < pages.length - 1 ? `https://log.example/api/v1/audit/events/?cursor=${String(at + 1)}` : null);
  vi.spyOn(client, "GET").mockImplementation(((path: string, { params }: { params?: { query: { cursor?: string } } }) => {
    if (!path.endsWith("/events/")) return new Promise(() => undefined);
    const at = Number(params?.query.cursor ?? 0);
    return Promise.resolve({ data: { results: pages[at], next: next(at) }, response: new Response() });
  }) as never);
  return show(<AuditPage search={{}} reads />);
}

describe("the pages of the log", () => {
  const older = () => userEvent.click(screen.getByRole("button", { name: STRINGS.older }));

  it("say of a last page without events that nothing older is there, not that nothing is", async () => {
    await showLog([event("a", "2026-02-01T00:00:00Z")], []);
    await screen.findByRole("button", { name: "run.created" });
    await older();
    expect(await screen.findByText(STRINGS.nothingOlder)).toBeTruthy();
    expect(screen.queryByText(STRINGS.emptyTitle)).toBeNull();
  });

  it("are gone to where one pages, with the number of the page", async () => {
    await showLog([event("a", "2026-02-01T00:00:00Z")], [event("b", "2026-01-01T00:00:00Z", { type: "run.merged" })]);
    await screen.findByRole("button", { name: "run.created" });
    expect(document.activeElement).toBe(document.body);
    await older();
    await screen.findByRole("button", { name: "run.merged" });
    const list = screen.getByRole("group", { name: `${STRINGS.events}, page 2: 1 on this page` });
    await waitFor(() => {
      expect(document.activeElement).toBe(list);
    });
    await userEvent.click(screen.getByRole("button", { name: STRINGS.newer }));
    expect(document.activeElement).toBe(screen.getByRole("group", { name: /page 1: 1 on this page/ }));
  });

  it("lead on to where a file with proofs is checked, of all events and of one", async () => {
    await showLog([event("a", "2026-02-01T00:00:00Z")]);
    await userEvent.click(await screen.findByRole("button", { name: "run.created" }));
    const links = screen.getAllByRole("link", { name: STRINGS.checkPage });
    expect(links.map((link) => link.getAttribute("href"))).toEqual(["/verify", "/verify"]);
  });

  it("say of a log without any such event that there is none", async () => {
    await showLog([]);
    expect(await screen.findByText(STRINGS.emptyTitle)).toBeTruthy();
  });
});
