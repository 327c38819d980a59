/** What the log is searched by, as it stands in the address of the page and in that of the API. */
export interface Search {
  type?: string;
  subject_type?: string;
  subject_id?: string;
  actor_id?: string;
  correlation_id?: string;
  from?: string;
  until?: string;
}

export const FIELDS = ["type", "subject_type", "subject_id", "actor_id", "correlation_id", "from", "until"] as const;

/** Takes what is known of an address; what is empty or unknown searches for nothing. */
export function searchRead(given: Record<string, unknown>): Search {
  const found: Search = {};
  for (const field of FIELDS) {
    const value = given[field];
    if (typeof value === "string" && value.trim() !== "") found[field] = value.trim();
  }
  return found;
}

export function exportAddress(search: Search): string {
  return `/api/v1/audit/events/export/?${new URLSearchParams(search as Record<string, string>).toString()}`;
}

const pad = (value: number, size = 2): string => String(value).padStart(size, "0");

/** A moment as the browser's own field for moments has it: local, to the minute. */
export function toField(iso: string | undefined): string {
  if (iso === undefined) return "";
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return "";
  const day = `${pad(moment.getFullYear(), 4)}-${pad(moment.getMonth() + 1)}-${pad(moment.getDate())}`;
  return `${day}T${pad(moment.getHours())}:${pad(moment.getMinutes())}`;
}

export function fromField(local: string): string {
  const moment = new Date(local);
  return local === "" || Number.isNaN(moment.getTime()) ? "" : moment.toISOString();
}
