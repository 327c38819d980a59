import { formatDateTime } from "@/lib/format";

import { ProblemNotice } from "./notice";

interface Refreshed {
  isRefetchError: boolean;
  error: Error | null;
  dataUpdatedAt: number;
  refetch: () => unknown;
}

/** Data stays on the screen when a refresh fails; this says so, and since when. */
export function StaleNotice({ query }: { query: Refreshed }) {
  if (!query.isRefetchError) return null;
  return (
    <>
      <p role="status">What you see is from {formatDateTime(new Date(query.dataUpdatedAt).toISOString())}.</p>
      <ProblemNotice
        error={query.error}
        retry={() => {
          query.refetch();
        }}
      />
    </>
  );
}
