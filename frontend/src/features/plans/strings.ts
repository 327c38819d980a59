import type { Tone } from "@/components/status";

import type { Deliverable, Phase, PhaseGate, PhaseWorkItem } from "./queries";

export const STRINGS = {
  loading: "Loading the plan…",
  emptyTitle: "No plan yet",
  emptyNext: "Import one with `countersign plan import`. Its phases, deliverables and criteria then appear here.",
  noWork: "No work item yet: an analysis session makes them from findings.",
  stated: "the plan says",
  documented: "what the plan assumes",
  phaseDetails: "More of what the plan says",
  technical: "technical notes",
  text: "what it says beside phases and demands",
  inputs: "Inputs",
  inputsKnown: "nothing is missing",
  answer: "Answer",
  answerAgain: "Answer anew",
  keep: "Keep the answer",
  leave: "Leave it",
  value: "Answer",
  valueHelp: "It goes to the agent as it is written. Never type a secret here: what looks like one is refused.",
  pointer: "Where the secret lies",
  pointerHelp: "env:NAME, file:/path, vault:path, docker:name or store:name. Never the secret itself.",
  hidden: "This is a secret: it is never typed here, only where it lies.",
  shapes: "This shapes the work: whoever answers it can't decide on the changes that use it.",
  excludesNobody: "This is configuration: whoever answers it can still decide.",
  wholePlan: "the whole plan",
} as const;

/** How a demand is shown to be met. */
export const CHECKS: Readonly<Record<string, string>> = {
  attested: "attested by a person",
  coverage_at_least: "by measured coverage",
  documents_exist: "by looking for the documents",
  files_exist: "by looking for the files",
  findings_zero: "by analysis",
  gate_passed: "by gates",
  merged: "by merges",
  no_stubs: "by searching the files",
};

/** Gates by what they are, in the order that they are shown. */
export const GATES: Readonly<Record<PhaseGate["kind"], string>> = {
  decision: "Decisions to be made",
  quality: "Phase gates",
  go: "GO criteria",
  no_go: "NO-GO triggers: none may hold",
  standard: "Standards of every phase",
  checklist: "Checklist of every phase",
};

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
