/** What the platform answers when it refuses (RFC 9457), and the same shape for what went wrong on the way there. */
export class ProblemError extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly correlationId: string | null;
  /** The field of the form that is refused, where it is one. */
  readonly field: string | null;

  constructor(fields: {
    status: number;
    code: string;
    title: string;
    detail: string;
    correlationId: string | null;
    field?: string | null;
  }) {
    super(fields.detail);
    this.name = "ProblemError";
    this.status = fields.status;
    this.code = fields.code;
    this.title = fields.title;
    this.correlationId = fields.correlationId;
    this.field = fields.field ?? null;
  }
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** Reads a refusal; whatever is missing in it is said so, never made up. */
export function problemFrom(body: unknown, status: number, headerCorrelationId: string | null): ProblemError {
  const fields: Record<string, unknown> = typeof body === "object" && body !== null ? { ...body } : {};
  const data: unknown = fields["data"];
  const title = text(fields["title"]) ?? `The platform answered ${status}`;
  return new ProblemError({
    status,
    code: text(fields["code"]) ?? `http_${status}`,
    title,
    detail: text(fields["detail"]) ?? text(fields["error"]) ?? title,
    correlationId: text(fields["correlation_id"]) ?? headerCorrelationId,
    field: typeof data === "object" && data !== null && "field" in data ? text(data.field) : null,
  });
}

export function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  const offline = error instanceof TypeError;
  return new ProblemError({
    status: 0,
    code: offline ? "platform_unreachable" : "page_error",
    title: offline ? "The platform does not answer" : "This page has a fault",
    detail: offline
      ? "No answer came from the platform. It may be restarting; nothing was changed."
      : error instanceof Error
        ? error.message
        : String(error),
    correlationId: null,
  });
}
