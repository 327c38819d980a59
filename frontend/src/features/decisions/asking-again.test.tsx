import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";

import { client } from "@/lib/api";
import { show } from "@/lib/test-show";

import { AskingAgain } from "./asking-again";
import { sampleRequest } from "./sample";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("asking again", () => {
  it("is one step that says what comes of it", async () => {
    const answer = { data: { task_id: "t", status_url: "/" }, response: new Response(null, { status: 202 }) };
    const post = vi.spyOn(client, "POST").mockResolvedValue(answer);
    await show(<AskingAgain request={sampleRequest({ state: "expired", allowed_actions: ["ask_again"] })} />);
    await userEvent.click(screen.getByRole("button", { name: "Ask again" }));
    expect(post.mock.calls[0]?.[0]).toContain("/ask-again/");
    expect((await screen.findByRole("status")).textContent).toContain("the new request stands in the inbox");
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("is not there for who may not ask", async () => {
    await show(<AskingAgain request={sampleRequest({ state: "expired", allowed_actions: [] })} />);
    expect(screen.queryByRole("button")).toBeNull();
  });
});
