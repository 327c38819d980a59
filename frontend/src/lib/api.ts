import createClient, { type Middleware } from "openapi-fetch";

import type { paths } from "@/api/generated/schema";
import { randomId } from "@/lib/id";
import { logger } from "@/lib/logger";
import { problemFrom } from "@/lib/problem";

export type { paths };

type Method = "get" | "post";

/** The JSON body that a path answers with, e.g. `Answer<"/api/v1/me/", "get", 200>`. */
export type Answer<
  Path extends keyof paths,
  Verb extends Method = "get",
  Status extends number = 200,
> = paths[Path] extends Record<Verb, { responses: Record<Status, { content: { "application/json": infer Body } }> }>
  ? Body
  : never;

export function cookie(name: string): string | null {
  const prefix = `${name}=`;
  const found = document.cookie.split("; ").find((part) => part.startsWith(prefix));
  return found === undefined ? null : decodeURIComponent(found.slice(prefix.length));
}

const platform: Middleware = {
  onRequest({ request }) {
    if (request.method === "GET") return request;
    request.headers.set("X-CSRFToken", cookie("csrftoken") ?? "");
    if (!request.headers.has("Idempotency-Key")) request.headers.set("Idempotency-Key", randomId());
    return request;
  },
};

export const client = createClient<paths>({
  baseUrl: "/",
  credentials: "same-origin",
  headers: { Accept: "application/json" },
});
client.use(platform);

interface Outcome<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The body of an answer, or the problem it carries as an exception: TanStack Query wants exceptions. */
export async function unwrap<Data>(call: Promise<Outcome<Data>>): Promise<Data> {
  const { data, error, response } = await call;
  if (response.ok) return data as Data;
  const problem = problemFrom(error, response.status, response.headers.get("X-Correlation-ID"));
  logger.warn(`${problem.code}: ${problem.message}`, problem.correlationId);
  throw problem;
}

/** The cursor inside the address of a next page. */
export function cursorOf(next: string | null | undefined): string | undefined {
  if (next === null || next === undefined) return undefined;
  return new URL(next, window.location.origin).searchParams.get("cursor") ?? undefined;
}
