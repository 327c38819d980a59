import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { type Answer, client, unwrap } from "@/lib/api";

import type { Search } from "./search";

export type EventPage = Answer<"/api/v1/audit/events/">;
export type AuditEvent = EventPage["results"][number];
export type SignedHead = Answer<"/api/v1/audit/checkpoint/">;

/** A subject's events are drawn, so more of them are taken at a time. */
const MANY = 200;
const SOME = 50;

export const eventsQuery = (search: Search, cursor: string | undefined) =>
  queryOptions({
    queryKey: ["audit", "events", search, cursor ?? ""] as const,
    queryFn: ({ signal }) =>
      unwrap<EventPage>(
        client.GET("/api/v1/audit/events/", {
          params: {
            query: {
              ...search,
              limit: search.subject_id === undefined ? SOME : MANY,
              ...(cursor === undefined ? {} : { cursor }),
            },
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const headQuery = queryOptions({
  queryKey: ["audit", "head"] as const,
  queryFn: ({ signal }) => unwrap<SignedHead>(client.GET("/api/v1/audit/checkpoint/", { signal })),
  refetchInterval: 10_000,
});
