import { describe, expect, it } from "vitest";

import { passkeyProblem, requireOrigin } from "@/lib/passkey";

import { fingerprintGroups } from "./passkeys-page";

describe("passkeys", () => {
  it("shows a fingerprint in groups that people can read to each other", () => {
    expect(fingerprintGroups(`sha256:${"0123456789abcdef".repeat(4)}`).split(" ")).toHaveLength(16);
    expect(fingerprintGroups("sha256:01234567")).toBe("0123 4567");
  });

  it("says where the page has to be open", () => {
    expect(() => {
      requireOrigin(window.location.origin);
    }).not.toThrow();
    expect(() => {
      requireOrigin("https://sign.example.org");
    }).toThrow("https://sign.example.org");
    expect(() => {
      requireOrigin(null);
    }).toThrow("COUNTERSIGN_BASE_URL");
    expect(passkeyProblem("closed").code).toBe("passkey_not_used");
  });
});
