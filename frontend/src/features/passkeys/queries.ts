import { queryOptions } from "@tanstack/react-query";

import { type Answer, client, unwrap } from "@/lib/api";
import { useChange } from "@/lib/change";
import { passkeyCreate, requireOrigin } from "@/lib/passkey";

export type Passkeys = Answer<"/api/v1/deciding-credentials/">;
export type Passkey = Passkeys["results"][number];

export const passkeyKeys = { all: ["passkeys"] as const };

const POLL = 2_000;

export const passkeysQuery = queryOptions({
  queryKey: passkeyKeys.all,
  queryFn: ({ signal }) => unwrap<Passkeys>(client.GET("/api/v1/deciding-credentials/", { signal })),
  // A passkey that is confirmed waits for its checkpoint: a moment, and the page tells when it has passed.
  refetchInterval: (query) =>
    query.state.data?.results.some((item) => item.state === "active" && !item.usable) === true ? POLL : false,
});

export function useEnrol(origin: string | null) {
  return useChange(passkeyKeys.all, async (label: string) => {
    requireOrigin(origin);
    const begun = await unwrap<Answer<"/api/v1/deciding-credentials/options/", "post">>(
      client.POST("/api/v1/deciding-credentials/options/"),
    );
    const credential = await passkeyCreate(begun.options as unknown as PublicKeyCredentialCreationOptionsJSON);
    return unwrap(client.POST("/api/v1/deciding-credentials/", { body: { token: begun.token, label, credential } }));
  });
}

export function useConfirm() {
  return useChange(passkeyKeys.all, ({ id, fingerprint }: { id: string; fingerprint: string }) =>
    unwrap(client.POST("/api/v1/deciding-credentials/{id}/confirm/", { params: { path: { id } }, body: { fingerprint } })),
  );
}

export function useRevoke() {
  return useChange(passkeyKeys.all, (id: string) =>
    unwrap(client.POST("/api/v1/deciding-credentials/{id}/revoke/", { params: { path: { id } } })),
  );
}
