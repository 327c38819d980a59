import type { Tone } from "@/components/status";

import type { Policy, Tier } from "./queries";

export const STRINGS = {
  title: "Who decides",
  lead: "So many people of each role approve a change. Asking for more holds at once; asking for less takes a second person.",
  platform: "The platform",
  builtIn: "what is built in",
  follows: "follows the platform's policy",
  trial: "A trial: one person decides alone, whatever the policy says.",
  waiting: "A policy that asks for less waits for its signed checkpoint; until then the larger number of old and new holds.",
  proposal: (who: string) => `${who} proposes to ask for:`,
  followProposal: (who: string) => `${who} proposes to follow the platform's policy`,
  reason: "Why",
  reasonHelp: "Stands in the log for good.",
  confirm: "Confirm",
  withdraw: "Withdraw",
  refuse: "Refuse",
  change: "Change it",
  close: "Leave it as it is",
  set: "Ask for this",
  follow: "Follow the platform's policy",
  less: "This asks for fewer people: it holds only once another person who decides confirms it.",
  more: "This asks for nobody less: it holds at once.",
  same: "This is what holds already.",
  nobody: "Each tier needs at least one person.",
  board: "The tier of the CAB needs at least one CAB member.",
  history: "History",
  none: "Nothing was ever changed here.",
  could: (there: number) => (there === 1 ? "1 could" : `${String(there)} could`),
  emptyTitle: "There is no project yet",
} as const;

export const TIERS: Record<Tier["tier"], { name: string; when: string }> = {
  director: { name: "Standard", when: "every change that does not need the CAB" },
  cab: { name: "CAB", when: "a risk score over 50, a sensitive area, or an unknown factor" },
};

export const ROLES = ["director", "cab_member", "security_reviewer"] as const;
export type Role = (typeof ROLES)[number];

const NAMES: Record<string, readonly [string, string]> = {
  director: ["director", "directors"],
  cab_member: ["CAB member", "CAB members"],
  security_reviewer: ["security reviewer", "security reviewers"],
};

export function roleName(role: string, count = 1): string {
  const names = NAMES[role];
  return names === undefined ? role : names[count === 1 ? 0 : 1];
}

export const STATES: Record<Policy["state"], { label: string; tone: Tone }> = {
  proposed: { label: "Proposed", tone: "wait" },
  set: { label: "Set", tone: "pass" },
  withdrawn: { label: "Withdrawn", tone: "idle" },
};
