export const STRINGS = {
  title: "Sign in",
  claim: "Agents propose, evidence proves, people countersign.",
  email: "Email",
  password: "Password",
  submit: "Sign in",
  submitting: "Signing in…",
  linkFailed: "The one-time link did not sign you in. Links work once and for ten minutes; ask for a new one, or sign in with your password.",
  linkSubmitting: "Signing you in with the one-time link…",
} as const;
