import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";

/** Asks the platform to change something; whatever came of it, what is known under the key is asked for again. */
export function useChange<Input, Output>(stale: QueryKey, change: (input: Input) => Promise<Output>) {
  const queryClient = useQueryClient();
  return useMutation({ mutationFn: change, onSettled: () => queryClient.invalidateQueries({ queryKey: stale }) });
}
