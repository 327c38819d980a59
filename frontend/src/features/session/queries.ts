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

export function useLogin() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: { email: string; password: string }) => unwrap<Me>(client.POST("/api/v1/auth/login/", { body })),
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
