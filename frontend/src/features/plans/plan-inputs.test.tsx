import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { client } from "@/lib/api";
import { problemFrom } from "@/lib/problem";
import { show } from "@/lib/test-show";

import { MissingInputs, PlanInputs } from "./plan-inputs";
import type { Plan, PlanInput } from "./queries";
import { STRINGS } from "./strings";

const style: PlanInput = {
  id: "i1",
  name: "Style",
  text: "how it is to look",
  state: "missing",
  value: "",
  pointer: "",
  secret: false,
  optional: false,
  kind: "requirement",
  needed_by: ["deliverable P1.1"],
  waiting: ["Unused imports"],
  answers: [],
};
const token: PlanInput = { ...style, id: "i2", name: "LAMP_TOKEN", secret: true, optional: true, kind: "configuration", needed_by: [], waiting: [] };
const answer = { number: 1, version: 1, value: "round", pointer: "", by_label: "Olu", created_at: "2026-11-01T00:00:00Z", counts: false };
const server: PlanInput = {
  ...style,
  id: "i3",
  name: "Server",
  state: "known",
  value: "at home",
  waiting: [],
  answers: [answer, { ...answer, number: 2, value: "at home", by_label: "Dana", counts: true }],
};

const shown = (answers = true) =>
  show(<PlanInputs plan={{ id: "plan", inputs: [server, token, style] } as unknown as Plan} answers={answers} />);

describe("what a plan asks for", () => {
  it("begins with what is missing, and says who waits and who answered", async () => {
    await shown(false);
    const names = screen.getAllByRole("rowheader").map((cell) => cell.textContent);
    expect(names).toEqual(["Stylerequirement", "LAMP_TOKENconfiguration", "Serverrequirement"]);
    expect(screen.getByText("1 work item waits: Unused imports")).toBeDefined();
    expect(screen.getByText(STRINGS.wholePlan)).toBeDefined();
    expect(screen.getAllByRole("listitem").map((item) => item.textContent)).toEqual([
      expect.stringMatching(/^Dana /),
      expect.stringMatching(/^round, replaced · Olu /),
    ]);
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("is named above the board while it is missing", async () => {
    await show(<MissingInputs inputs={[server, token, style]} />);
    expect(screen.getByRole("paragraph").textContent).toContain("1 input is missing Style");
  });

  it("is not named there once nothing is missing", async () => {
    await show(<MissingInputs inputs={[server, token]} />);
    expect(screen.queryByRole("paragraph")).toBeNull();
  });
});

describe("an answer", () => {
  it("is kept as it is typed, after a warning to whoever decides", async () => {
    const post = vi.spyOn(client, "POST").mockReturnValue(new Promise(() => undefined));
    await shown();
    await userEvent.click(screen.getByRole("button", { name: "Answer: Style" }));
    expect(screen.getByText(STRINGS.shapes)).toBeDefined();
    await userEvent.type(screen.getByLabelText(STRINGS.value), "plain");
    await userEvent.click(screen.getByRole("button", { name: STRINGS.keep }));
    expect(post.mock.calls[0]?.[1]).toMatchObject({
      params: { path: { id: "plan" } },
      body: { name: "Style", value: "plain", pointer: "" },
    });
  });

  it("to a secret can only say where it lies", async () => {
    await shown();
    await userEvent.click(screen.getByRole("button", { name: "Answer: LAMP_TOKEN" }));
    expect(screen.getByText(STRINGS.hidden)).toBeDefined();
    expect(screen.queryByLabelText(STRINGS.value)).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: STRINGS.leave }));
    expect(screen.queryByLabelText(STRINGS.pointer)).toBeNull();
  });

  it("that is refused says so at its field", async () => {
    const body = { code: "input_refused", detail: "The value looks like a secret", data: { field: "value" } };
    vi.spyOn(client, "POST").mockRejectedValue(problemFrom(body, 400, null));
    await shown();
    await userEvent.click(screen.getByRole("button", { name: "Answer anew: Server" }));
    await userEvent.click(screen.getByRole("button", { name: STRINGS.keep }));
    const field = await screen.findByLabelText(STRINGS.value);
    await screen.findByText("The value looks like a secret");
    expect(field.getAttribute("aria-invalid")).toBe("true");
  });
});
