import { QueryCache, QueryClient } from "@tanstack/react-query";

import { ProblemError } from "@/lib/problem";

/** Reads are repeated after a fault of the network or the platform, never after a refusal. Writes never by themselves. */
function retryable(failures: number, error: Error): boolean {
  const refused = error instanceof ProblemError && error.status >= 400 && error.status < 500 && error.status !== 429;
  return !refused && failures < 2;
}

/** `onSignedOut` is told when the platform no longer knows who asks: the session has ended meanwhile. */
export function createQueryClient(onSignedOut: () => void): QueryClient {
  const onError = (error: Error): void => {
    if (error instanceof ProblemError && error.status === 401) onSignedOut();
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    defaultOptions: { queries: { retry: retryable, staleTime: 2_000 }, mutations: { retry: false } },
  });
}
