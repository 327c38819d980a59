import { client, unwrap } from "@/lib/api";
import { GLASS_KEY } from "@/lib/break-glass";
import { useChange } from "@/lib/change";

export function useAsk() {
  return useChange(GLASS_KEY, (body: { project: string; reason: string; minutes: number }) =>
    unwrap(client.POST("/api/v1/break-glass/", { body })),
  );
}

export function useConfirm() {
  return useChange(GLASS_KEY, (id: string) => unwrap(client.POST("/api/v1/break-glass/{id}/confirm/", { params: { path: { id } } })));
}

export function useClose() {
  return useChange(GLASS_KEY, (id: string) => unwrap(client.POST("/api/v1/break-glass/{id}/close/", { params: { path: { id } } })));
}

export function useReview() {
  return useChange(GLASS_KEY, ({ id, review }: { id: string; review: string }) =>
    unwrap(client.POST("/api/v1/break-glass/{id}/review/", { params: { path: { id } }, body: { review } })),
  );
}
