import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { type Answer, client, unwrap } from "@/lib/api";

export type Absences = Answer<"/api/v1/absences/">;
export type Absence = Absences["results"][number];
export type StandIn = Absences["stand_ins"][number];

const KEY = ["absences"] as const;

export const absencesQuery = queryOptions({
  queryKey: KEY,
  queryFn: ({ signal }) => unwrap<Absences>(client.GET("/api/v1/absences/", { signal })),
});

function useAbsenceChange<Input>(change: (input: Input) => Promise<unknown>) {
  const queryClient = useQueryClient();
  return useMutation({ mutationFn: change, onSettled: () => queryClient.invalidateQueries({ queryKey: KEY }) });
}

export interface Declaration {
  person: string;
  starts_at: string | null;
  ends_at: string;
  delegate: string;
}

export function useDeclare() {
  return useAbsenceChange((body: Declaration) => unwrap(client.POST("/api/v1/absences/", { body })));
}

export function useEnd() {
  return useAbsenceChange((id: string) => unwrap(client.POST("/api/v1/absences/{id}/end/", { params: { path: { id } } })));
}

export function useDelegate() {
  return useAbsenceChange(({ id, delegate }: { id: string; delegate: string }) =>
    unwrap(client.POST("/api/v1/absences/{id}/delegate/", { params: { path: { id } }, body: { delegate } })),
  );
}
