import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { client } from "@/lib/api";
import { show } from "@/lib/test-show";

import { dayEnds } from "@/lib/days";

import { grantOf, problemsOf } from "./draft";
import { ExceptionsPage } from "./exceptions-page";
import { exceptionsQuery, type RuleException } from "./queries";
import { STRINGS } from "./strings";

const RUN = "0e6f2a0c-5d0f-4c6c-9a55-7f2f0a7d9b11";
const exception: RuleException = {
  id: "e1",
  state: "in_force",
  rule: "change.no-key-material",
  rule_title: "No keys",
  run_id: RUN,
  run_title: "Remove imports",
  request_id: null,
  paths: ["tests/"],
  reason: "fixtures",
  compensating_controls: ["two look", "a scan"],
  granted_by: "Rita",
  granted_at: "2026-12-01T00:00:00Z",
  expires_at: "2026-12-31T00:00:00Z",
  revoked_by: null,
  revoked_at: null,
  revoke_reason: "",
  may_revoke: true,
};
const rules = [{ code: "change.no-key-material", title: "No keys" }];

/** The page, and what it asks of the platform. */
async function shown(results: readonly RuleException[], mayGrant = true) {
  const post = vi.spyOn(client, "POST").mockReturnValue(new Promise(() => undefined));
  await show(<ExceptionsPage run={RUN} />, [[exceptionsQuery.queryKey, { results, may_grant: mayGrant, rules }]]);
  return post;
}

describe("exceptions", () => {
  it("say what for which change, until when, why, what instead and by whom", async () => {
    const ended: RuleException = {
      ...exception,
      id: "e2",
      run_id: null,
      state: "revoked",
      revoked_by: "Sam",
      revoked_at: "2026-12-02T00:00:00Z",
      revoke_reason: "gone",
      may_revoke: false,
      paths: [],
    };
    await shown([exception, ended], false);
    expect(screen.queryByText(STRINGS.grant)).toBeNull();
    expect(screen.getByRole("link", { name: "Remove imports" })).toBeTruthy();
    expect(screen.getByText("Only tests/")).toBeTruthy();
    expect(screen.getAllByText("Instead: two look; a scan")).toHaveLength(2);
    expect(screen.getByText(/Ended by Sam, .*: gone/)).toBeTruthy();
    expect(screen.getByText(/every change/)).toBeTruthy();
  });

  it("are granted once every field says what it must, and name the field that does not", async () => {
    const post = await shown([]);
    await userEvent.click(screen.getByRole("button", { name: STRINGS.submit }));
    for (const said of [STRINGS.needsRule, STRINGS.needsUntil, STRINGS.needsReason, STRINGS.needsControl]) {
      expect(screen.getByText(said)).toBeTruthy();
    }
    expect(post).not.toHaveBeenCalled();
    await userEvent.selectOptions(screen.getByLabelText(/^Rule/), "change.no-key-material");
    await userEvent.type(screen.getByLabelText(/^Last day/), "2999-12-31");
    await userEvent.type(screen.getByLabelText(/^Why/), "fixtures");
    await userEvent.type(screen.getByLabelText(/^What is done instead/), "two look{Enter}a scan");
    await userEvent.click(screen.getByRole("button", { name: STRINGS.submit }));
    expect(post.mock.calls[0]?.[1]).toMatchObject({
      body: { rule: "change.no-key-material", run: RUN, paths: [], compensating_controls: ["two look", "a scan"] },
    });
  });

  it("are ended early with a reason only", async () => {
    const post = await shown([exception]);
    await userEvent.click(screen.getByRole("button", { name: STRINGS.revoke }));
    expect(screen.getByText(STRINGS.needsReason)).toBeTruthy();
    await userEvent.type(screen.getByLabelText(/^Why it ends early/), "gone");
    await userEvent.click(screen.getByRole("button", { name: STRINGS.revoke }));
    expect(post.mock.calls[0]?.[1]).toMatchObject({ body: { reason: "gone" } });
  });

  it("are read from what was typed", () => {
    const draft = { rule: "r", run: " ", paths: " a/ \n\n b", until: "2026-12-31", reason: "x", controls: "c" };
    expect(problemsOf(draft, new Date("2026-12-31T12:00"))).toEqual({});
    expect(problemsOf({ ...draft, run: "x" }, new Date("2027-01-01T12:00"))).toEqual({
      run: STRINGS.needsRun,
      until: STRINGS.needsUntil,
    });
    expect(grantOf(draft)).toEqual({
      rule: "r",
      run: null,
      paths: ["a/", "b"],
      reason: "x",
      compensating_controls: ["c"],
      expires_at: dayEnds("2026-12-31"),
    });
  });
});
