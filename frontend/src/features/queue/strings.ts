import type { Tone } from "@/components/status";

import type { BaseMove, Place } from "./queries";

export const STRINGS = {
  title: "Merge queue",
  noProject: "No project yet",
  noProjectNext: "A project is registered with `countersign project add`.",
  lead: "Changes are merged one after the other: approved ones in the order of their approvals, then what waits for a decision. Each is verified ahead of time on the branch as it will be.",
  emptyTitle: "Nothing waits here",
  emptyNext: "A change stands here from the moment its pack waits for a decision until it is merged.",
  slot: "Next slot",
  slotFree: "Free: whoever is first in line is merged next.",
  slotNever: "Free. This project keeps it for nobody.",
  release: "Give it back",
  keep: "Keep the next slot",
  keepHelp: "Nothing else is merged until it is, or until the time is over.",
  moved: "When the branch moves",
  beStrict: "Be strict",
  carryOver: "Carry decisions over",
} as const;

export const MOVES: Readonly<Record<BaseMove, string>> = {
  carry_over: "A decision holds on the moved branch if everything that it stands on is as it was; otherwise the change makes a new pack by itself.",
  strict: "Strict: any move of the branch voids every decision that is not merged, and each change makes a new pack by itself.",
};

export const STATES: Readonly<Record<Place["state"], string>> = {
  merging: "is being merged",
  approved: "approved",
  waiting_approval: "waits for a decision",
};

export const VERDICTS: Readonly<Record<Place["verdict"], { tone: Tone; label: string }>> = {
  holds: { tone: "pass", label: "verified ahead" },
  void: { tone: "fail", label: "will not hold" },
  unknown: { tone: "unknown", label: "unknown" },
  unverified: { tone: "run", label: "not verified yet" },
};
