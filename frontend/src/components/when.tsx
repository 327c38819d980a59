import { formatExact, formatLeft, formatRelative } from "@/lib/format";

import { useNow } from "./use-now";

export function When({ iso }: { iso: string }) {
  const now = useNow(30_000);
  return (
    <time dateTime={iso} title={formatExact(iso)}>
      {formatRelative(iso, now)}
    </time>
  );
}

/** Time left, counting down. */
export function Left({ iso, over = "expired" }: { iso: string; over?: string }) {
  const now = useNow(1000);
  return (
    <time dateTime={iso} title={formatExact(iso)}>
      {formatLeft(iso, now) ?? over}
    </time>
  );
}
