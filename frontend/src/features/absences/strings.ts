import type { Tone } from "@/components/status";

export const STRINGS = {
  title: "Absences",
  lead: "Who is away is not reminded and not escalated to; a delegate is asked instead. Nobody loses a right by being away, and nobody gets one by standing in.",
  declare: "Say when you are away",
  declareOthers: "Say when somebody is away",
  person: "Who is away",
  personHelp: "Their address; leave it empty for yourself.",
  from: "First day",
  fromHelp: "Leave it empty to begin now.",
  until: "Last day",
  delegate: "Who stands in",
  delegateHelp: "Somebody who holds one of the same roles by themselves.",
  delegateAddress: "Who stands in, by address",
  nobody: "Nobody",
  submit: "Save",
  list: "Who is away",
  empty: "Nobody is away, or will be.",
  end: "End it now",
  callOff: "Call it off",
  change: "Change who stands in",
  nobodyInstead: "Nobody stands in",
  layDown: "I can't stand in",
} as const;

export const STATES: Readonly<Record<"coming" | "now" | "over", { tone: Tone; label: string }>> = {
  coming: { tone: "idle", label: "to come" },
  now: { tone: "wait", label: "away" },
  over: { tone: "idle", label: "over" },
};
