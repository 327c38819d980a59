import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { type Answer, client, type paths, unwrap } from "@/lib/api";

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

function useQueueChange<Input>(slug: string, change: (input: Input) => Promise<unknown>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => queryClient.invalidateQueries({ queryKey: queueKeys.one(slug) }),
  });
}

export function useReserve(slug: string) {
  return useQueueChange(slug, (requestId: string) =>
    unwrap(
      client.POST("/api/v1/projects/{slug}/queue/reservation/", {
        params: { path: { slug } },
        body: { request_id: requestId },
      }),
    ),
  );
}

export function useRelease(slug: string) {
  return useQueueChange(slug, () =>
    unwrap(client.POST("/api/v1/projects/{slug}/queue/reservation/release/", { params: { path: { slug } } })),
  );
}

export function useConfigure(slug: string) {
  return useQueueChange(slug, (body: SettingsInput) =>
    unwrap(client.POST("/api/v1/projects/{slug}/settings/", { params: { path: { slug } }, body })),
  );
}
