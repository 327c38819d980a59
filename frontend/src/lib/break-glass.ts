import { queryOptions } from "@tanstack/react-query";

import { type Answer, client, unwrap } from "@/lib/api";

export type BreakGlassList = Answer<"/api/v1/break-glass/">;
export type Glass = BreakGlassList["results"][number];

export const GLASS_KEY = ["break-glass"] as const;
const POLL = 15_000;

export const glassQuery = queryOptions({
  queryKey: GLASS_KEY,
  queryFn: ({ signal }) => unwrap<BreakGlassList>(client.GET("/api/v1/break-glass/", { signal })),
  // It is loud: whoever has a page open learns of it.
  refetchInterval: POLL,
});
