import { queryOptions } from "@tanstack/react-query";

import type { paths } from "@/lib/api";
import { type Answer, client, unwrap } from "@/lib/api";
import { useChange } from "@/lib/change";

export type Policies = Answer<"/api/v1/quorum-policies/">;
export type Scope = Policies["results"][number];
export type Tier = Scope["tiers"][number];
export type Policy = Scope["versions"][number];
type Proposed = paths["/api/v1/quorum-policies/"]["post"]["requestBody"]["content"]["application/json"];

const KEY = ["quorum-policies"] as const;

export const policiesQuery = queryOptions({
  queryKey: KEY,
  queryFn: ({ signal }) => unwrap<Policies>(client.GET("/api/v1/quorum-policies/", { signal })),
  refetchInterval: 10_000,
});

export function usePropose() {
  return useChange(KEY, (body: Proposed) => unwrap(client.POST("/api/v1/quorum-policies/", { body })));
}

export function useConfirm() {
  return useChange(KEY, (id: string) =>
    unwrap(client.POST("/api/v1/quorum-policies/{id}/confirm/", { params: { path: { id } } })),
  );
}

export function useWithdraw() {
  return useChange(KEY, (id: string) =>
    unwrap(client.POST("/api/v1/quorum-policies/{id}/withdraw/", { params: { path: { id } } })),
  );
}
