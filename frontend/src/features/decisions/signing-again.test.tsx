import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";

import { client } from "@/lib/api";
import { show } from "@/lib/test-show";

import { type Difference, differenceQuery } from "./again";
import { sampleRequest } from "./sample";
import { SigningAgain } from "./signing-again";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("signing again", () => {
  const request = sampleRequest({ supersedes: "q0" });
  const difference: Difference = {
    request_id: request.id,
    digest: request.digest,
    earlier_id: "q0",
    why: "commit 123 on the branch is not one that was merged here",
    patch_same: true,
    facts: [{ code: "base", name: "the branch", before: "aaa", after: "bbb" }],
    files: [],
    own: { role: "director", reason: "Used nowhere", decided_at: "2026-01-01T00:00:00Z" },
    hindrance: null,
  };
  const showAgain = (changed: Partial<Difference> = {}, asked = request) =>
    show(<SigningAgain request={asked} />, [[differenceQuery(asked.id, asked.digest).queryKey, { ...difference, ...changed }]]);

  it("is one step with the reason of before", async () => {
    const post = vi.spyOn(client, "POST").mockReturnValue(new Promise(() => undefined));
    await showAgain();
    expect(screen.getByText("The patch is the same to the byte.")).toBeTruthy();
    expect(screen.getByText(/Used nowhere/)).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Sign again" }));
    expect(post.mock.calls[0]?.[0]).toContain("/sign-again/");
    expect(post.mock.calls[0]?.[1]).toMatchObject({ body: { digest: request.digest } });
  });

  it("is none where there is something new to read", async () => {
    await showAgain({ patch_same: false, hindrance: "the patch is another one", files: [{ path: "src/a.py", change: "changed" }] });
    expect(screen.queryByRole("button")).toBeNull();
    expect(screen.getByText("src/a.py")).toBeTruthy();
    expect(screen.getByText(/No single step: the patch is another one/)).toBeTruthy();
  });

  it("is not there where nothing was void before", async () => {
    await showAgain({}, sampleRequest());
    expect(screen.queryByText("What is different")).toBeNull();
  });
});
