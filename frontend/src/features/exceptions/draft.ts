import { dayEnds } from "@/lib/days";

import type { Grant } from "./queries";
import { STRINGS } from "./strings";

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What was typed into the form, as text. */
export interface Draft {
  readonly rule: string;
  readonly run: string;
  readonly paths: string;
  readonly until: string;
  readonly reason: string;
  readonly controls: string;
}

export type Problems = Partial<Record<keyof Draft, string>>;

const lines = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

/** What is missing or can't be, by field. */
export function problemsOf(draft: Draft, now: Date): Problems {
  const run = draft.run.trim();
  const late = draft.until === "" || new Date(dayEnds(draft.until)) <= now;
  return {
    ...(draft.rule === "" && { rule: STRINGS.needsRule }),
    ...(run !== "" && !ID.test(run) && { run: STRINGS.needsRun }),
    ...(late && { until: STRINGS.needsUntil }),
    ...(draft.reason.trim() === "" && { reason: STRINGS.needsReason }),
    ...(lines(draft.controls).length === 0 && { controls: STRINGS.needsControl }),
  };
}

export function grantOf(draft: Draft): Grant {
  return {
    rule: draft.rule,
    run: draft.run.trim() === "" ? null : draft.run.trim(),
    paths: lines(draft.paths),
    reason: draft.reason,
    compensating_controls: lines(draft.controls),
    expires_at: dayEnds(draft.until),
  };
}
