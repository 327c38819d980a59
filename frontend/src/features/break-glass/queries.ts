import { useMutation, useQueryClient } from "@tanstack/react-query";

import { client, unwrap } from "@/lib/api";
import { GLASS_KEY } from "@/lib/break-glass";

function useGlassChange<Input>(change: (input: Input) => Promise<unknown>) {
  const queryClient = useQueryClient();
  return useMutation({ mutationFn: change, onSettled: () => queryClient.invalidateQueries({ queryKey: GLASS_KEY }) });
}

export function useAsk() {
  return useGlassChange((body: { project: string; reason: string; minutes: number }) =>
    unwrap(client.POST("/api/v1/break-glass/", { body })),
  );
}

export function useConfirm() {
  return useGlassChange((id: string) => unwrap(client.POST("/api/v1/break-glass/{id}/confirm/", { params: { path: { id } } })));
}

export function useClose() {
  return useGlassChange((id: string) => unwrap(client.POST("/api/v1/break-glass/{id}/close/", { params: { path: { id } } })));
}

export function useReview() {
  return useGlassChange(({ id, review }: { id: string; review: string }) =>
    unwrap(client.POST("/api/v1/break-glass/{id}/review/", { params: { path: { id } }, body: { review } })),
  );
}
