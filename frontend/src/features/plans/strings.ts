import type { Tone } from "@/components/status";

import type { Deliverable, Phase, PhaseWorkItem } from "./queries";

export const STRINGS = {
  title: "Plan",
  loading: "Loading the plan…",
  emptyTitle: "No plan yet",
  emptyNext: "A plan is imported when a project is registered. Its phases, deliverables and criteria then appear here.",
  noWork: "No work item yet: an analysis session makes them from findings.",
} as const;

interface Look {
  label: string;
  tone: Tone;
}

export const PHASE_STATES: Readonly<Record<Phase["state"], Look>> = {
  blocked: { label: "blocked", tone: "idle" },
  active: { label: "active", tone: "run" },
  awaiting_signoff: { label: "waits for sign-off", tone: "wait" },
  complete: { label: "complete", tone: "pass" },
};

export const DELIVERABLE_STATES: Readonly<Record<Deliverable["state"], Look>> = {
  planned: { label: "planned", tone: "idle" },
  in_progress: { label: "in progress", tone: "run" },
  done: { label: "done", tone: "pass" },
};

export const WORK_STATES: Readonly<Record<PhaseWorkItem["state"], Look>> = {
  proposed: { label: "proposed", tone: "idle" },
  ready: { label: "ready", tone: "idle" },
  running: { label: "running", tone: "run" },
  merged: { label: "merged", tone: "pass" },
  rejected: { label: "rejected", tone: "fail" },
  backlog: { label: "backlog", tone: "idle" },
};

/** Whose turn it is. */
export const TURNS: Readonly<Record<Phase["waiting_on"], string>> = {
  agent: "the agents are at work",
  person: "waits for a person",
  phase: "waits for an earlier phase",
  nobody: "",
};
