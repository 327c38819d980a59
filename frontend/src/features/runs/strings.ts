import type { Tone } from "@/components/status";
import { words } from "@/lib/format";

export const STRINGS = {
  title: "Runs",
  loading: "Loading the runs…",
  loadingOne: "Loading the run…",
  emptyTitle: "No run yet",
  emptyNext: "A run starts when a work item of an active phase is ready. Work items come from an analysis session or a plan.",
  noDiff: "This run has no patch yet.",
  loadingDiff: "Loading the diff…",
} as const;

/** States that mean something to the eye; any other is shown by its name as being under way. */
const STATES: Readonly<Record<string, Tone>> = {
  merged: "pass",
  waiting_approval: "wait",
  incident: "fail",
  failed: "fail",
  rejected: "fail",
  void: "idle",
  voided: "idle",
  cancelled: "idle",
  expired: "idle",
  queued: "idle",
  pending: "idle",
};

export const runLook = (state: string): { tone: Tone; label: string } => ({
  tone: STATES[state] ?? "run",
  label: words(state).toLowerCase(),
});
