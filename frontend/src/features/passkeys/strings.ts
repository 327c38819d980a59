export const STRINGS = {
  loading: "Loading passkeys…",
  title: "Passkeys",
  lead: "A deciding passkey signs decisions with your device. It never signs you in, and it takes two people to enrol one.",
  own: "Yours",
  ownEmpty: "You have none yet.",
  others: "Others' passkeys",
  label: "Name",
  labelHelp: "For you and whoever confirms it, such as “blue security key”.",
  enrol: "Enrol a passkey",
  enrolling: "Waiting for your device…",
  tell: "Tell this fingerprint to the person who confirms it, by telephone or side by side.",
  compared: (name: string) => `${name} told me this fingerprint, and it is the same.`,
  confirm: "Confirm",
  revoke: "Revoke",
  noHost: "Passkeys need a host name",
  noHostNext:
    "This platform is served at an address that no passkey can belong to. Ask whoever operates it to serve it under https:// and to set COUNTERSIGN_BASE_URL.",
  elsewhere: "Passkeys belong to another address of this platform",
  goThere: "Open this page there",
} as const;

export const STATES = {
  proposed: { label: "waits for another person", tone: "wait" },
  waiting: { label: "waits for the checkpoint", tone: "run" },
  active: { label: "may decide", tone: "pass" },
  revoked: { label: "revoked", tone: "idle" },
} as const;
