import { MOD } from "@/components/keys";

export const STRINGS = {
  skip: "Skip to the content",
  inbox: "Inbox",
  plans: "Plans",
  runs: "Runs",
  queue: "Queue",
  passkeys: "Passkeys",
  breakGlass: "Break-glass",
  verify: "Verify it yourself",
  whoDecides: "Who decides",
  log: "Log",
  help: "Keys",
  light: "Use light colours",
  dark: "Use dark colours",
  account: (email: string) => `${email}: second factors and password`,
  leave: "Sign out",
  selfAttested: "Log: self-attested",
  selfAttestedWhy: "The log is signed by this installation alone; no outside witness watches it.",
  witnessed: "Log: witnessed",
  witnessedWhy: "Outside witnesses have signed the log as well.",
  notFound: "There is nothing at this address",
  notFoundNext: "It may have been moved, or it is not for you to see.",
  loading: "Loading…",
} as const;

export const KEYS: readonly (readonly [string, string])[] = [
  ["j / k", "next or previous in a list"],
  ["Enter", "open what is selected"],
  ["n / p", "next or previous hunk that has not been shown"],
  ["e", "go to the evidence"],
  ["a", "open the form to approve"],
  ["c", "open the form to request changes"],
  ["r", "open the form to reject"],
  [`${MOD} Enter`, "sign"],
  ["Esc", "close the form"],
  ["?", "this list"],
];
