import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import { Away, awayQuery } from "./away";

const until = "2026-12-31T00:00:00Z";

function shown(results: object[]) {
  const queryClient = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  queryClient.setQueryData(awayQuery("r1").queryKey, { results } as never);
  return render(
    <QueryClientProvider client={queryClient}>
      <Away id="r1" />
    </QueryClientProvider>,
  );
}

describe("Away", () => {
  it("says who is asked instead, and why nobody is", () => {
    shown([
      { person: "Dana", roles: ["director"], until, stand_in: "Dora", nobody: "", mine: false },
      { person: "Carl", roles: ["director"], until, stand_in: null, nobody: "nobody was named: name a delegate", mine: false },
      { person: "Cora", roles: ["director"], until, stand_in: "Me", nobody: "", mine: true },
    ]);
    expect(screen.getByText("Dora is asked instead.")).toBeTruthy();
    expect(screen.getByText("Nobody stands in: nobody was named: name a delegate.")).toBeTruthy();
    expect(screen.getByText("You are asked instead.")).toBeTruthy();
  });

  it("says nothing while all are there", () => {
    expect(shown([]).container.textContent).toBe("");
  });
});
