export const STRINGS = {
  title: "Sign in",
  claim: "Agents propose, evidence proves, people countersign.",
  email: "Email",
  password: "Password",
  submit: "Sign in",
  submitting: "Signing in…",
  or: "or",
  passkey: "Sign in with a passkey",
  passkeyWaiting: "Waiting for your passkey…",
  singleSignOn: (name: string) => `Sign in with ${name}`,
  linkFailed: "A one-time link works once and for ten minutes. Ask for a new one, or sign in with your password.",
  linkSubmitting: "Signing you in with the one-time link…",
} as const;
