import { queryOptions } from "@tanstack/react-query";

import { type Answer, client, type paths, unwrap } from "@/lib/api";
import { useChange } from "@/lib/change";

export type MergeQueue = Answer<"/api/v1/projects/{slug}/queue/">;
export type Place = MergeQueue["places"][number];
export type BaseMove = MergeQueue["base_move"];
type Settings = paths["/api/v1/projects/{slug}/settings/"]["post"]["requestBody"];
type SettingsInput = NonNullable<Settings>["content"]["application/json"];

export const queueKeys = {
  all: ["queue"] as const,
  projects: () => [...queueKeys.all, "projects"] as const,
  one: (slug: string) => [...queueKeys.all, "one", slug] as const,
};

export const queueProjectsQuery = queryOptions({
  queryKey: queueKeys.projects(),
  queryFn: ({ signal }) =>
    unwrap<Answer<"/api/v1/projects/">>(client.GET("/api/v1/projects/", { params: { query: { limit: 200 } }, signal })),
});

export const queueQuery = (slug: string) =>
  queryOptions({
    queryKey: queueKeys.one(slug),
    queryFn: ({ signal }) =>
      unwrap<MergeQueue>(client.GET("/api/v1/projects/{slug}/queue/", { params: { path: { slug } }, signal })),
    refetchInterval: 5_000,
  });

export function useReserve(slug: string) {
  return useChange(queueKeys.one(slug), (requestId: string) =>
    unwrap(
      client.POST("/api/v1/projects/{slug}/queue/reservation/", {
        params: { path: { slug } },
        body: { request_id: requestId },
      }),
    ),
  );
}

export function useRelease(slug: string) {
  return useChange(queueKeys.one(slug), () =>
    unwrap(client.POST("/api/v1/projects/{slug}/queue/reservation/release/", { params: { path: { slug } } })),
  );
}

export function useConfigure(slug: string) {
  return useChange(queueKeys.one(slug), (body: SettingsInput) =>
    unwrap(client.POST("/api/v1/projects/{slug}/settings/", { params: { path: { slug } }, body })),
  );
}
