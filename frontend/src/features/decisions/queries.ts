import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { type Answer, client, cursorOf, type paths, unwrap } from "@/lib/api";
import { useChange } from "@/lib/change";
import { digestOf } from "@/lib/digest";
import { passkeySign, requireOrigin } from "@/lib/passkey";

type InboxPage = Answer<"/api/v1/approval-requests/">;
export type InboxItem = InboxPage["results"][number];
export type DecisionRequest = Answer<"/api/v1/approval-requests/{id}/">;
type DecisionInput =
  paths["/api/v1/approval-requests/{id}/decisions/"]["post"]["requestBody"]["content"]["application/json"];
export type Verdict = DecisionInput["verdict"];
type CommentPage = Answer<"/api/v1/approval-requests/{id}/comments/">;
export type Comment = CommentPage["results"][number];
export type AskedItem = DecisionRequest["votes"][number]["items"][number];
export type InboxTab = "pending" | "decided";

export const decisionKeys = {
  all: ["decisions"] as const,
  lists: () => [...decisionKeys.all, "list"] as const,
  list: (tab: InboxTab) => [...decisionKeys.lists(), tab] as const,
  one: (id: string) => [...decisionKeys.all, "one", id] as const,
  comments: (id: string) => [...decisionKeys.all, "comments", id] as const,
  diff: (runId: string, digest: string) => [...decisionKeys.all, "diff", runId, digest] as const,
};

const POLL = 5_000;

export const inboxQuery = (tab: InboxTab) =>
  infiniteQueryOptions({
    queryKey: decisionKeys.list(tab),
    queryFn: ({ pageParam, signal }) =>
      unwrap<InboxPage>(
        client.GET("/api/v1/approval-requests/", {
          params: { query: { state: tab, ...(pageParam === undefined ? {} : { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => cursorOf(page.next),
    refetchInterval: POLL,
  });

/** Still moving: waiting for votes, for the merge, or for the checkpoint of the receipt. */
function moves(request: DecisionRequest | undefined): boolean {
  if (request === undefined || request.state === "pending") return true;
  if (request.execution?.state === "waiting" || request.execution?.state === "merging") return true;
  return request.receipt !== null && request.receipt.checkpoint === null;
}

export const decisionQuery = (id: string) =>
  queryOptions({
    queryKey: decisionKeys.one(id),
    queryFn: ({ signal }) =>
      unwrap<DecisionRequest>(client.GET("/api/v1/approval-requests/{id}/", { params: { path: { id } }, signal })),
    refetchInterval: (query) => (moves(query.state.data) ? POLL : false),
  });

export interface DiffText {
  text: string;
  /** Whether these bytes have the digest that was sealed; null where the browser cannot compute it. */
  sealed: boolean | null;
}

/** Bound to the digest: another digest is another diff, never a newer version of the same. */
export const diffQuery = (runId: string, digest: string) =>
  queryOptions({
    queryKey: decisionKeys.diff(runId, digest),
    queryFn: async ({ signal }): Promise<DiffText> => {
      const bytes = await unwrap<ArrayBuffer>(
        client.GET("/api/v1/runs/{id}/diff/", {
          params: { path: { id: runId } },
          headers: { Accept: "*/*" },
          parseAs: "arrayBuffer",
          signal,
        }),
      );
      const computed = await digestOf(bytes);
      return { text: new TextDecoder().decode(bytes), sealed: computed === null ? null : computed === digest };
    },
    staleTime: Number.POSITIVE_INFINITY,
  });

type Assertion = NonNullable<DecisionInput["assertion"]>;

/** Lets the platform write the statement, and the person's own passkey sign it. */
export async function assertionOf(id: string, body: DecisionInput): Promise<Assertion> {
  const prepared = await unwrap<Answer<"/api/v1/approval-requests/{id}/decisions/prepare/", "post">>(
    client.POST("/api/v1/approval-requests/{id}/decisions/prepare/", { params: { path: { id } }, body }),
  );
  requireOrigin(prepared.origin);
  const signed = await passkeySign({ challenge: prepared.challenge, rpId: prepared.rp_id, allow: prepared.allow_credentials });
  return { prepared_id: prepared.id, ...signed };
}

export function useDecide(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    // The key is made once for one signing, so that a repeat of the same click cannot decide twice.
    mutationFn: async ({ idempotencyKey, passkey, ...body }: DecisionInput & { idempotencyKey: string; passkey: boolean }) =>
      unwrap<DecisionRequest>(
        client.POST("/api/v1/approval-requests/{id}/decisions/", {
          params: { path: { id } },
          // Signed anew, it is another request: the passkey's answer is part of it.
          headers: passkey ? {} : { "Idempotency-Key": idempotencyKey },
          body: passkey ? { ...body, assertion: await assertionOf(id, body) } : body,
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

export const commentsQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: decisionKeys.comments(id),
    queryFn: ({ pageParam, signal }) =>
      unwrap<CommentPage>(
        client.GET("/api/v1/approval-requests/{id}/comments/", {
          params: { path: { id }, query: pageParam === undefined ? {} : { cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => cursorOf(page.next),
    refetchInterval: POLL,
  });

export function useComment(id: string) {
  return useChange(decisionKeys.comments(id), ({ text, idempotencyKey }: { text: string; idempotencyKey: string }) =>
    unwrap<Comment>(
      client.POST("/api/v1/approval-requests/{id}/comments/", {
        params: { path: { id } },
        headers: { "Idempotency-Key": idempotencyKey },
        body: { text, path: "", line: null },
      }),
    ),
  );
}
