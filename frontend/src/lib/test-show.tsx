import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import { type ReactElement, Suspense } from "react";

/** What the platform has answered already, by query key. */
export type KnownAnswers = readonly (readonly [key: readonly unknown[], answer: unknown])[];

/** Renders as the app does, within its providers; what is not among the answers is asked for. */
export async function show(element: ReactElement, answers: KnownAnswers = []) {
  const queryClient = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY, retry: false } } });
  for (const [key, answer] of answers) queryClient.setQueryData(key, answer);
  const router = createRouter({
    routeTree: createRootRoute({ component: () => <Suspense fallback="loading">{element}</Suspense> }),
    history: createMemoryHistory(),
  });
  await router.load();
  const shown = render(
    <MantineProvider>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router as never} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  return { ...shown, queryClient };
}
