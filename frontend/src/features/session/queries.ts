import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { type Answer, client, unwrap } from "@/lib/api";

export type Me = Answer<"/api/v1/me/">;

export const sessionKeys = { me: ["session", "me"] as const };

export const meQuery = queryOptions({
  queryKey: sessionKeys.me,
  queryFn: ({ signal }) => unwrap<Me>(client.GET("/api/v1/me/", { signal })),
  staleTime: 60_000,
});

export function oneTimeLogin(token: string): Promise<Me> {
  return unwrap(client.POST("/api/v1/auth/one-time-login/", { body: { token } }));
}

export type LoginOffer = Answer<"/api/v1/auth/methods/">;

export const loginOfferQuery = queryOptions({
  queryKey: ["session", "methods"] as const,
  queryFn: ({ signal }) => unwrap<LoginOffer>(client.GET("/api/v1/auth/methods/", { signal })),
});

/** Where somebody with a second factor goes on. */
export const SECOND_FACTOR = "/account/2fa/authenticate/";

export function usePasskeyLogin() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      const { passkeyLogin } = await import("./passkey");
      await passkeyLogin();
      return unwrap<Me>(client.GET("/api/v1/me/"));
    },
    onSuccess: (me) => {
      queryClient.clear();
      queryClient.setQueryData(sessionKeys.me, me);
    },
  });
}

export function useLogin() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: { email: string; password: string; next: string }) => unwrap<Me>(client.POST("/api/v1/auth/login/", { body })),
    onSuccess: (me) => {
      queryClient.clear();
      queryClient.setQueryData(sessionKeys.me, me);
    },
  });
}

export function useLogout() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(client.POST("/api/v1/auth/logout/")),
    onSuccess: () => {
      queryClient.clear();
    },
  });
}
