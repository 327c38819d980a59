import type { Tone } from "@/components/status";

import type { RuleException } from "./queries";

export const STRINGS = {
  title: "Exceptions",
  lead: "An exception lets a change pass that a rule stops, until its last day. Whoever granted it does not count in the quorum of what it lets pass.",
  grant: "Grant an exception",
  rule: "Rule",
  choose: "Choose a rule",
  run: "Run",
  runHelp: "The id of the run whose change it is for. Leave it empty for every change.",
  paths: "Paths",
  pathsHelp: "One a line, a directory with a slash at the end. Leave it empty for everywhere.",
  until: "Last day",
  reason: "Why",
  controls: "What is done instead",
  controlsHelp: "Compensating controls, one a line.",
  submit: "Grant it",
  needsRule: "Choose the rule that is to be let pass.",
  needsRun: "This is no id of a run. Copy it from the page of the run.",
  needsUntil: "Choose a day, today or later.",
  needsReason: "Say why.",
  needsControl: "Say at least one thing that is done instead.",
  now: "In force",
  nothing: "No exception is in force.",
  past: "Those that were",
  every: "every change",
  revoke: "End it early",
  revokeReason: "Why it ends early",
} as const;

export const STATES: Readonly<Record<RuleException["state"], { tone: Tone; label: string }>> = {
  unsigned: { tone: "wait", label: "waits for its checkpoint" },
  in_force: { tone: "wait", label: "in force" },
  expired: { tone: "idle", label: "expired" },
  revoked: { tone: "idle", label: "revoked" },
};
