import { cookie } from "@/lib/api";
import { asProblem, ProblemError } from "@/lib/problem";

const ADDRESS = "/account/2fa/webauthn/login/";

interface Options {
  request_options: { publicKey: PublicKeyCredentialRequestOptionsJSON };
}

function refused(detail: string): ProblemError {
  return new ProblemError({
    status: 401,
    code: "passkey_refused",
    title: "The passkey did not sign you in",
    detail,
    correlationId: null,
  });
}

/** Signs in with a passkey that the browser finds for this address; the platform has no list to ask for. */
export async function passkeyLogin(): Promise<void> {
  // eslint-disable-next-line no-restricted-globals -- the sign-in library's address is not part of the API
  const asked = await fetch(ADDRESS, { headers: { "X-Requested-With": "XMLHttpRequest", Accept: "application/json" } });
  if (!asked.ok) throw refused("Too many attempts. Wait a minute and try again.");
  const options = (await asked.json()) as Options;
  let credential: Credential | null;
  try {
    credential = await navigator.credentials.get({
      publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options.request_options.publicKey),
    });
  } catch (error) {
    // The person closed the dialog, or the device has no passkey for this address: the browser does not tell which.
    if (error instanceof DOMException) {
      throw refused("No passkey was used. This device may have none for this address.");
    }
    throw asProblem(error);
  }
  if (!(credential instanceof PublicKeyCredential)) throw refused("No passkey was used.");
  // eslint-disable-next-line no-restricted-globals -- the sign-in library's address is not part of the API
  const answered = await fetch(ADDRESS, {
    method: "POST",
    headers: { "X-CSRFToken": cookie("csrftoken") ?? "" },
    body: new URLSearchParams({ credential: JSON.stringify(credential.toJSON()) }),
    // Whether it worked is asked of the platform afterwards, not read from where this leads.
    redirect: "manual",
  });
  if (answered.type !== "opaqueredirect") throw refused("The platform does not know this passkey.");
}
