import type { Glass } from "@/lib/break-glass";

type Tone = "fail" | "wait" | "pass" | "idle";

export const STRINGS = {
  title: "Break-glass",
  lead: "In an emergency two people let a change merge without its quorum, for at most an hour. Gates, evidence and the log stay as they are. A third person reviews it within a day.",
  ask: "Ask for it",
  project: "Project",
  reason: "Why it can't wait",
  reasonHelp: "Stands in the log for good.",
  minutes: "Minutes",
  minutesHelp: "1 to 60, from the countersignature.",
  asked: "Another person has to countersign within a quarter of an hour.",
  confirm: "Countersign and open",
  close: "End it now",
  review: "What was done, and whether it had to be",
  sign: "Record the review",
  windows: "Windows",
  empty: "Nobody has ever needed it.",
  go: "Go to break-glass",
} as const;

export const STATES: Record<Glass["state"], { label: string; tone: Tone }> = {
  requested: { label: "Waits for a second person", tone: "wait" },
  lapsed: { label: "Not countersigned in time", tone: "idle" },
  open: { label: "Open", tone: "fail" },
  review_due: { label: "Waits for its review", tone: "wait" },
  review_overdue: { label: "Review overdue", tone: "fail" },
  reviewed: { label: "Reviewed", tone: "pass" },
};

export const LOUD: Partial<Record<Glass["state"], (glass: Glass) => string>> = {
  requested: (glass) => `Break-glass is asked for in ${glass.project} by ${glass.requested_by}`,
  open: (glass) => `Break-glass is open in ${glass.project}: changes merge without their quorum`,
  review_due: (glass) => `Break-glass in ${glass.project} waits for its review`,
  review_overdue: (glass) => `The review of break-glass in ${glass.project} is overdue: no other can be opened`,
};
