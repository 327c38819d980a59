import { queryOptions } from "@tanstack/react-query";

import { type Answer, client, unwrap } from "@/lib/api";
import { useChange } from "@/lib/change";

export type Exceptions = Answer<"/api/v1/exceptions/">;
export type RuleException = Exceptions["results"][number];

const KEY = ["exceptions"] as const;

export const exceptionsQuery = queryOptions({
  queryKey: KEY,
  queryFn: ({ signal }) => unwrap<Exceptions>(client.GET("/api/v1/exceptions/", { signal })),
});

export interface Grant {
  rule: string;
  run: string | null;
  paths: string[];
  reason: string;
  compensating_controls: string[];
  expires_at: string;
}

export function useGrant() {
  return useChange(KEY, (body: Grant) => unwrap(client.POST("/api/v1/exceptions/", { body })));
}

export function useRevoke() {
  return useChange(KEY, ({ id, reason }: { id: string; reason: string }) =>
    unwrap(client.POST("/api/v1/exceptions/{id}/revoke/", { params: { path: { id } }, body: { reason } })),
  );
}
