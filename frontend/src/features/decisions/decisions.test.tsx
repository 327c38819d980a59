import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { ReactElement } from "react";
import { describe, expect, it, vi } from "vitest";

import { client } from "@/lib/api";

import { Comments } from "./comments";
import { DecisionPanel, type Reading, signObstacle } from "./decision-panel";
import { Told } from "./told";
import { Facts } from "./evidence";
import { sampleRequest } from "./sample";
import { VerdictStrip } from "./verdict-strip";
import { WhoDecides } from "./who-decides";

const read: Reading = { shown: 2, total: 2, obstacle: null, showNext: () => undefined };

function show(element: ReactElement) {
  return render(
    <MantineProvider>
      <QueryClientProvider client={new QueryClient()}>{element}</QueryClientProvider>
    </MantineProvider>,
  );
}

describe("signObstacle", () => {
  it.each([
    ["approve", "fine", read, null],
    ["approve", " ", read, "A reason is required."],
    ["approve", "fine", { ...read, shown: 1 }, "Approving needs every hunk shown."],
    ["approve", "fine", { ...read, total: null }, "Approving needs every hunk shown."],
    ["approve", "fine", { ...read, obstacle: "forged" }, "forged"],
    ["reject", "no", { ...read, shown: 0, obstacle: "forged" }, null],
    ["request_changes", "", { ...read, shown: 0 }, "A reason is required."],
  ] as const)("%s with reason %j", (verdict, reason, reading, expected) => {
    expect(signObstacle(verdict, reason, reading)).toBe(expected);
  });
});

describe("DecisionPanel", () => {
  it("signs over the digest that was shown, once per click", async () => {
    const post = vi.spyOn(client, "POST").mockReturnValue(new Promise(() => undefined));
    show(<DecisionPanel request={sampleRequest()} reading={read} />);
    await userEvent.keyboard("a");
    await userEvent.type(screen.getByLabelText("Reason"), "Used nowhere");
    await userEvent.keyboard("{Control>}{Enter}{/Control}");
    await userEvent.keyboard("{Control>}{Enter}{/Control}");
    expect(post).toHaveBeenCalledOnce();
    expect(post.mock.calls[0]?.[1]).toMatchObject({
      body: { verdict: "approve", reason: "Used nowhere", digest: sampleRequest().digest },
    });
  });

  it("does not sign an approval while a hunk has not been shown", async () => {
    const post = vi.spyOn(client, "POST");
    show(<DecisionPanel request={sampleRequest()} reading={{ ...read, shown: 1 }} />);
    await userEvent.keyboard("a");
    await userEvent.type(screen.getByLabelText("Reason"), "Looks fine");
    await userEvent.click(screen.getByRole("button", { name: /Sign approval/ }));
    expect(screen.getByText("Approving needs every hunk shown.")).toBeTruthy();
    expect(post).not.toHaveBeenCalled();
  });

  it("offers what the server allows and nothing else", async () => {
    show(<DecisionPanel request={sampleRequest({ allowed_actions: ["reject"] })} reading={read} />);
    expect(screen.queryByRole("button", { name: /Approve/ })).toBeNull();
    await userEvent.keyboard("a");
    expect(screen.queryByLabelText("Reason")).toBeNull();
    await userEvent.keyboard("r");
    expect(screen.getByLabelText("Reason")).toBeTruthy();
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByLabelText("Reason")).toBeNull();
  });

  it("is not there where nothing can be decided", () => {
    show(<DecisionPanel request={sampleRequest({ allowed_actions: [] })} reading={read} />);
    expect(screen.queryByText("Your decision")).toBeNull();
  });
});

describe("who decides", () => {
  it("says why one can't approve, and who still can", () => {
    const blocked = { code: "approver_excluded", text: "you began its run, so you can't decide on it" };
    const deciders = [
      { role: "cab_member", needed: 2, people: ["Carl"] },
      { role: "director", needed: 1, people: ["Dana", "Dora"] },
    ];
    show(<WhoDecides request={sampleRequest({ allowed_actions: [], blocked_reason: blocked, deciders })} />);
    expect(screen.getByText(/you began its run, so you can't decide on it/)).toBeTruthy();
    expect(screen.getByText("approver_excluded")).toBeTruthy();
    const [cab, director] = screen.getAllByRole("listitem");
    expect(cab?.textContent).toContain("Too few people are left");
    expect(director?.textContent).toMatch(/1 more .*: Dana, Dora$/);
  });

  it("says why approving is missing where one can still reject, and that nobody is left", () => {
    const blocked = { code: "role_missing", text: "this request waits for: cab_member" };
    const deciders = [{ role: "cab_member", needed: 1, people: [] }];
    show(<WhoDecides request={sampleRequest({ allowed_actions: ["reject"], blocked_reason: blocked, deciders })} />);
    expect(screen.getByText(/this request waits for: cab_member/)).toBeTruthy();
    expect(screen.getByRole("listitem").textContent).toContain("nobody is left");
  });

  it("says that nothing is left once it is over, and nothing to whoever can approve", () => {
    show(<WhoDecides request={sampleRequest({ allowed_actions: [], state: "expired" })} />);
    expect(screen.getByText("There is nothing left to decide here.")).toBeTruthy();
    cleanup();
    show(<WhoDecides request={sampleRequest()} />);
    expect(screen.queryByText("Who decides")).toBeNull();
  });
});

describe("a request for changes", () => {
  it("sends what is asked for one by one, and none that says nothing", async () => {
    const post = vi.spyOn(client, "POST").mockReset().mockReturnValue(new Promise(() => undefined));
    show(<DecisionPanel request={sampleRequest()} reading={read} />);
    await userEvent.keyboard("c");
    await userEvent.type(screen.getByLabelText("Reason"), "Not yet");
    await userEvent.click(screen.getByRole("button", { name: "Add an item" }));
    await userEvent.click(screen.getByRole("button", { name: /Sign request/ }));
    expect(post).not.toHaveBeenCalled();
    await userEvent.type(screen.getByLabelText("Item 1: what is asked for"), "Keep the import");
    await userEvent.click(screen.getByRole("button", { name: /Sign request/ }));
    expect(post.mock.calls[0]?.[1]).toMatchObject({
      body: { verdict: "request_changes", reason: "Not yet", items: [{ path: "", line: null, text: "Keep the import" }] },
    });
  });

  it("shows an attempt what was asked of it before", () => {
    const asked = {
      decision_id: "d1",
      request_id: "r0",
      by_label: "Dana",
      reason: "<b>Not</b> yet",
      items: [{ path: "src/a.py", line: 3, text: "Keep the import" }],
      decided_at: "2026-01-01T00:00:00Z",
    };
    show(<Facts request={sampleRequest({ asked: [asked] })} />);
    expect(screen.getByText("<b>Not</b> yet")).toBeTruthy();
    expect(screen.getByText("src/a.py:3")).toBeTruthy();
  });
});

describe("Comments", () => {
  const remark = {
    id: "1",
    request_id: "r1",
    revision: 1,
    earlier: true,
    by_label: "Olu",
    text: "<img src=x onerror=alert(1)> **why**\u202E",
    path: "src/a.py",
    line: 3,
    unattended: false,
    created_at: "2026-01-01T00:00:00Z",
  };

  it("shows what was said as it was typed, with the version it was said on", async () => {
    vi.spyOn(client, "GET").mockResolvedValue({ data: { results: [remark], next: null }, response: new Response() } as never);
    const { container } = show(<Comments request={sampleRequest()} />);
    expect(await screen.findByText("<img src=x onerror=alert(1)> **why**⟦U+202E⟧")).toBeTruthy();
    expect(screen.getByText("on version 1")).toBeTruthy();
    expect(screen.getByText("src/a.py:3")).toBeTruthy();
    expect(container.querySelector("img")).toBeNull();
  });

  it("sends a comment once", async () => {
    vi.spyOn(client, "GET").mockResolvedValue({ data: { results: [], next: null }, response: new Response() } as never);
    const post = vi.spyOn(client, "POST").mockReset().mockReturnValue(new Promise(() => undefined));
    show(<Comments request={sampleRequest()} />);
    await userEvent.type(screen.getByLabelText("Say something"), "Why here?");
    await userEvent.click(screen.getByRole("button", { name: "Comment" }));
    await userEvent.click(screen.getByRole("button", { name: "Keeping…" }));
    expect(post).toHaveBeenCalledOnce();
    expect(post.mock.calls[0]?.[1]).toMatchObject({ body: { text: "Why here?" } });
  });

  it("takes no comment where a newer request has taken the place", () => {
    vi.spyOn(client, "GET").mockReturnValue(new Promise(() => undefined));
    show(<Comments request={sampleRequest({ superseded_by: "r2" })} />);
    expect(screen.queryByLabelText("Say something")).toBeNull();
  });
});

describe("Told", () => {
  const nothing = { reminded: "none" as const, escalated_to: [], escalated_to_me: false, instead_of: [] as string[] };
  it.each([
    [{ ...nothing, reminded: "half" as const }, "half of the time is over"],
    [{ ...nothing, reminded: "four_fifths" as const }, "four fifths of the time are over"],
    [{ ...nothing, reminded: "half" as const, instead_of: ["Dana"] }, "you stand in for Dana"],
    [{ ...nothing, escalated_to: ["Tess", "Emma"] }, "escalated to Emma"],
    [{ ...nothing, escalated_to: ["Tess"], escalated_to_me: true }, "escalated to you"],
  ])("says it: %j", (item, text) => {
    show(<Told item={item} />);
    expect(screen.getByText(text)).toBeTruthy();
  });
});

describe("VerdictStrip", () => {
  it("counts the viewer in the quorum when he may approve", () => {
    const quorum = [
      { role: "director", required: 1, given: 1 },
      { role: "cab_member", required: 2, given: 0 },
    ];
    show(<VerdictStrip request={sampleRequest({ quorum })} />);
    expect(screen.getByText("You are 2 of 3")).toBeTruthy();
    expect(screen.getByText("Director 1 of 1, CAB member 0 of 2")).toBeTruthy();
  });

  it("shows missing evidence as missing, never as nothing", () => {
    show(<VerdictStrip request={sampleRequest({ risk: null, gates: { passed: 0, total: 0 } })} />);
    expect(screen.getByText("not computed")).toBeTruthy();
    expect(screen.getByText("none ran")).toBeTruthy();
    expect(screen.getAllByText("missing evidence")).toHaveLength(2);
  });

  it("names unknown factors and gates that did not pass", () => {
    const risk = { score: 18, threshold: 50, unknown: ["sbom_vulnerability"], factors: [], alone: 12, together: [] };
    const report = {
      name: "tests",
      status: "unknown" as const,
      reason: "",
      summary: "",
      tool: "pytest",
      tool_version: "9",
      claimed_by_code_under_test: true,
      duration_ms: 1,
      report_digest: "",
    };
    show(<VerdictStrip request={sampleRequest({ risk, gates: { passed: 4, total: 5 }, gate_reports: [report] })} />);
    expect(screen.getByText("unknown: SBOM vulnerability")).toBeTruthy();
    expect(screen.getByText("not passed: Tests")).toBeTruthy();
  });
});
