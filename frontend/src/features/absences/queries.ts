import { queryOptions } from "@tanstack/react-query";

import { type Answer, client, unwrap } from "@/lib/api";
import { useChange } from "@/lib/change";

export type Absences = Answer<"/api/v1/absences/">;
export type Absence = Absences["results"][number];
export type StandIn = Absences["stand_ins"][number];

const KEY = ["absences"] as const;

export const absencesQuery = queryOptions({
  queryKey: KEY,
  queryFn: ({ signal }) => unwrap<Absences>(client.GET("/api/v1/absences/", { signal })),
});

export interface Declaration {
  person: string;
  starts_at: string | null;
  ends_at: string;
  delegate: string;
}

export function useDeclare() {
  return useChange(KEY, (body: Declaration) => unwrap(client.POST("/api/v1/absences/", { body })));
}

export function useEnd() {
  return useChange(KEY, (id: string) => unwrap(client.POST("/api/v1/absences/{id}/end/", { params: { path: { id } } })));
}

export function useDelegate() {
  return useChange(KEY, ({ id, delegate }: { id: string; delegate: string }) =>
    unwrap(client.POST("/api/v1/absences/{id}/delegate/", { params: { path: { id } }, body: { delegate } })),
  );
}
