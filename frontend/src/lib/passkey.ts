import { ProblemError } from "@/lib/problem";

/** What a passkey signed, in the parts that the platform takes; all of them base64url. */
export interface Signed {
  credential_id: string;
  authenticator_data: string;
  client_data: string;
  signature: string;
}

interface Answered {
  rawId: string;
  response: { authenticatorData: string; clientDataJSON: string; signature: string };
}

/** Why no passkey signed, with the way on. */
export function passkeyProblem(detail: string): ProblemError {
  return new ProblemError({ status: 0, code: "passkey_not_used", title: "No passkey was used", detail, correlationId: null });
}

/** Passkeys belong to one address: anywhere else the browser would refuse with words that help nobody. */
export function requireOrigin(origin: string | null): void {
  if (origin === null) {
    throw passkeyProblem("Passkeys need a host name, and this platform is served without one. Ask whoever operates it to set COUNTERSIGN_BASE_URL.");
  }
  if (window.location.origin !== origin) {
    throw passkeyProblem(`Passkeys belong to ${origin}. Open this page there: ${origin}${window.location.pathname}`);
  }
}

async function used<Made>(ask: () => Promise<Made | null>): Promise<Made> {
  try {
    const made = await ask();
    if (made !== null) return made;
  } catch (error) {
    // The person closed the dialog, or the device has no such passkey: the browser does not tell which.
    if (!(error instanceof DOMException)) throw error;
  }
  throw passkeyProblem("The dialog was closed, or this device has no passkey that fits. Nothing was signed; you can try again.");
}

/** Makes a new passkey and returns what the platform needs of it. */
export async function passkeyCreate(options: PublicKeyCredentialCreationOptionsJSON): Promise<Record<string, unknown>> {
  const made = await used(() =>
    navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
  );
  return { ...(made as PublicKeyCredential).toJSON() } as Record<string, unknown>;
}

/** Lets one of these passkeys sign the challenge, after the device has recognised its owner. */
export async function passkeySign(wanted: {
  challenge: string;
  rpId: string;
  allow: readonly { id: string; transports: readonly string[] }[];
}): Promise<Signed> {
  const answer = await used(() =>
    navigator.credentials.get({
      publicKey: PublicKeyCredential.parseRequestOptionsFromJSON({
        challenge: wanted.challenge,
        rpId: wanted.rpId,
        userVerification: "required",
        allowCredentials: wanted.allow.map((item) => ({ id: item.id, type: "public-key", transports: [...item.transports] })),
      }),
    }),
  );
  const { rawId, response } = (answer as PublicKeyCredential).toJSON() as unknown as Answered;
  return {
    credential_id: rawId,
    authenticator_data: response.authenticatorData,
    client_data: response.clientDataJSON,
    signature: response.signature,
  };
}
