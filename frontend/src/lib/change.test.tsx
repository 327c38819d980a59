import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { renderHook, waitFor } from "@testing-library/react";
import { expect, it, vi } from "vitest";

import { useChange } from "./change";

it.each([
  ["done", () => Promise.resolve("done")],
  ["refused", () => Promise.reject(new Error("refused"))],
])("a change that was %s has what it was about asked for again, and nothing else", async (_, change) => {
  const queryClient = new QueryClient();
  const invalidated = vi.spyOn(queryClient, "invalidateQueries");
  const { result } = renderHook(() => useChange(["absences"], change), {
    wrapper: ({ children }) => <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>,
  });
  result.current.mutate();
  await waitFor(() => {
    expect(invalidated.mock.calls).toEqual([[{ queryKey: ["absences"] }]]);
  });
});
