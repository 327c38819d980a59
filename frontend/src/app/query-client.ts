import { QueryClient } from "@tanstack/react-query";

import { ProblemError } from "@/lib/problem";

/** Reads are repeated after a fault of the network or the platform, never after a refusal. Writes never by themselves. */
function retryable(failures: number, error: Error): boolean {
  const refused = error instanceof ProblemError && error.status >= 400 && error.status < 500 && error.status !== 429;
  return !refused && failures < 2;
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: { queries: { retry: retryable, staleTime: 2_000 }, mutations: { retry: false } },
  });
}
