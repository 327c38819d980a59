import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { type Answer, client, cursorOf, unwrap } from "@/lib/api";

type RunPage = Answer<"/api/v1/runs/">;
export type RunItem = RunPage["results"][number];
export type Run = Answer<"/api/v1/runs/{id}/">;
export type RunEvents = Answer<"/api/v1/runs/{id}/events/">;

export const runKeys = {
  all: ["runs"] as const,
  list: () => [...runKeys.all, "list"] as const,
  one: (id: string) => [...runKeys.all, "one", id] as const,
  events: (id: string) => [...runKeys.all, "events", id] as const,
  diff: (id: string, tree: string) => [...runKeys.all, "diff", id, tree] as const,
};

export const runsQuery = infiniteQueryOptions({
  queryKey: runKeys.list(),
  queryFn: ({ pageParam, signal }) =>
    unwrap<RunPage>(
      client.GET("/api/v1/runs/", { params: { query: pageParam === undefined ? {} : { cursor: pageParam } }, signal }),
    ),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => cursorOf(page.next),
  refetchInterval: 5_000,
});

export const runQuery = (id: string) =>
  queryOptions({
    queryKey: runKeys.one(id),
    queryFn: ({ signal }) => unwrap<Run>(client.GET("/api/v1/runs/{id}/", { params: { path: { id } }, signal })),
    refetchInterval: 3_000,
  });

export const runEventsQuery = (id: string) =>
  queryOptions({
    queryKey: runKeys.events(id),
    queryFn: ({ signal }) =>
      unwrap<RunEvents>(client.GET("/api/v1/runs/{id}/events/", { params: { path: { id } }, signal })),
    refetchInterval: 5_000,
  });

export const runDiffQuery = (id: string, tree: string) =>
  queryOptions({
    queryKey: runKeys.diff(id, tree),
    queryFn: ({ signal }) =>
      unwrap<string>(
        client.GET("/api/v1/runs/{id}/diff/", {
          params: { path: { id } },
          headers: { Accept: "*/*" },
          parseAs: "text",
          signal,
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });
