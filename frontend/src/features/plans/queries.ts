import { queryOptions } from "@tanstack/react-query";

import { type Answer, client, unwrap } from "@/lib/api";
import { useChange } from "@/lib/change";

export type PlanList = Answer<"/api/v1/plans/">;
export type Plan = Answer<"/api/v1/plans/{id}/">;
export type Phase = Plan["phases"][number];
export type Deliverable = Phase["deliverables"][number];
export type PhaseGate = Phase["gates"][number];
export type PlanFile = Deliverable["files"][number];
export type PlanNote = Plan["notes"][number];
export type PlanInput = Plan["inputs"][number];
export type PhaseWorkItem = Deliverable["work_items"][number];

export const planKeys = {
  all: ["plans"] as const,
  list: () => [...planKeys.all, "list"] as const,
  one: (id: string) => [...planKeys.all, "one", id] as const,
};

export interface InputAnswer {
  name: string;
  value: string;
  pointer: string;
}

export function useAnswer(id: string) {
  return useChange(planKeys.one(id), (body: InputAnswer) =>
    unwrap(client.POST("/api/v1/plans/{id}/inputs/", { params: { path: { id } }, body })),
  );
}

export const plansQuery = queryOptions({
  queryKey: planKeys.list(),
  queryFn: ({ signal }) => unwrap<PlanList>(client.GET("/api/v1/plans/", { signal })),
});

export const planQuery = (id: string) =>
  queryOptions({
    queryKey: planKeys.one(id),
    queryFn: ({ signal }) => unwrap<Plan>(client.GET("/api/v1/plans/{id}/", { params: { path: { id } }, signal })),
    refetchInterval: 5_000,
  });
