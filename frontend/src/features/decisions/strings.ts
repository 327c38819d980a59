export const STRINGS = {
  inbox: "Inbox",
  loadingInbox: "Loading what waits for a decision…",
  loadingDecision: "Loading the evidence…",
  loadingDiff: "Loading the diff…",
  emptyTitle: "Nothing waits for a decision",
  emptyNext:
    "When a run has passed through its gates, its evidence pack is sealed and put here, the most pressing first. This page looks for new ones by itself.",
  emptyDecidedTitle: "Nothing has been decided yet",
  emptyDecided: "What you and others decide is listed here with its outcome.",
  unseenHunks: "Approving needs every hunk shown.",
  noDiff: "The diff could not be shown, so this change cannot be approved here.",
  diffForged: "The diff is not the one that was sealed: its digest differs from the one in the pack. Do not approve; tell your administrator.",
  hiddenCharacters:
    "The diff holds characters that cannot be seen or that turn the direction of text. They are drawn by name, e.g. ⟦U+202E⟧.",
  agentWords: "the agent's words: not evidence",
  promptWords: "what the agent was told",
  askAgent: "Goes to the agent as it stands. You take part in what it makes of it, so somebody else decides on the next version.",
  itemMissing: "Say for each item what is asked for, or take it out.",
  reminded: { half: "half of the time is over", four_fifths: "four fifths of the time are over" },
  escalatedToMe: "escalated to you",
  insteadOf: (names: string) => `you stand in for ${names}`,
  loadingComments: "Loading comments…",
  commentLabel: "Say something",
  commentHelp: "No decision; everybody who may read this sees it, and it stays.",
  reasonLabel: "Reason",
  reasonHelp: "Goes into the signed decision and to the author.",
  reasonMissing: "A reason is required.",
  passkeyNeeded: "This decision needs your own passkey: your device asks you when you sign.",
  moved: "The evidence has changed since you opened this page",
  movedText: "What you had seen counts no longer. Look at the new evidence before you decide.",
} as const;

export const VERDICTS = {
  approve: { open: "Approve", done: "approved", sign: "Sign approval", placeholder: "Why this change may be merged" },
  request_changes: {
    open: "Request changes",
    done: "asked for changes",
    sign: "Sign request for changes",
    placeholder: "What the agent has to do differently",
  },
  reject: { open: "Reject", done: "rejected", sign: "Sign rejection", placeholder: "Why this change must not be merged" },
} as const;

export const STATES = {
  pending: { label: "waiting", tone: "wait" },
  approved: { label: "approved", tone: "pass" },
  rejected: { label: "rejected", tone: "fail" },
  changes_requested: { label: "changes requested", tone: "wait" },
  expired: { label: "expired", tone: "idle" },
  void: { label: "void", tone: "idle" },
} as const;

export const ROLES: Readonly<Record<string, string>> = {
  director: "Director",
  cab_member: "CAB member",
  security_reviewer: "Security reviewer",
};
