import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { type Answer, client, unwrap } from "@/lib/api";

import { assertionOf, decisionKeys, type DecisionRequest } from "./queries";

export type Difference = Answer<"/api/v1/approval-requests/{id}/difference/">;

/** Bound to the digest: another digest is another comparison. */
export const differenceQuery = (id: string, digest: string) =>
  queryOptions({
    queryKey: [...decisionKeys.one(id), "difference", digest],
    queryFn: ({ signal }) =>
      unwrap<Difference>(client.GET("/api/v1/approval-requests/{id}/difference/", { params: { path: { id } }, signal })),
  });

interface Again {
  digest: string;
  reason: string;
  idempotencyKey: string;
  passkey: boolean;
}

export function useSignAgain(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async ({ digest, reason, idempotencyKey, passkey }: Again) =>
      unwrap<DecisionRequest>(
        client.POST("/api/v1/approval-requests/{id}/sign-again/", {
          params: { path: { id } },
          // Signed anew, it is another request: the passkey's answer is part of it.
          headers: passkey ? {} : { "Idempotency-Key": idempotencyKey },
          body: passkey ? { digest, assertion: await assertionOf(id, { verdict: "approve", reason, digest, items: [] }) } : { digest },
        }),
      ),
    onSuccess: (request) => {
      queryClient.setQueryData(decisionKeys.one(id), request);
    },
    onSettled: () => {
      void queryClient.invalidateQueries({ queryKey: decisionKeys.lists() });
      void queryClient.invalidateQueries({ queryKey: decisionKeys.one(id) });
    },
  });
}

/** A new request in the place of an expired one; the answer is the task that makes it. */
export function useAskAgain(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async (idempotencyKey: string) =>
      unwrap(
        client.POST("/api/v1/approval-requests/{id}/ask-again/", {
          params: { path: { id } },
          headers: { "Idempotency-Key": idempotencyKey },
        }),
      ),
    onSettled: () => {
      void queryClient.invalidateQueries({ queryKey: decisionKeys.lists() });
      void queryClient.invalidateQueries({ queryKey: decisionKeys.one(id) });
    },
  });
}
