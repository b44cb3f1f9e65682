import type { Saboteur } from "@holdfast/trust/saboteur";
import { weakeningSaboteur } from "../weakened-server.ts";

/** Serves a scratch database from sources in which a second factor is forgotten somewhere. */
export const factorSaboteur: Saboteur = weakeningSaboteur({
  claim: "OWASP-6",
  weakenings: [
    [
      "the remote API forgot the second factor",
      "software/framework/src/identity/create-identity.ts",
      "return demanded.length === 0 ? first.userId : null;",
      "return first.userId;",
    ],
    [
      "codes were taken twice",
      "software/framework/src/identity/totp/totp.ts",
      "if (same && step > lastStep) found = step;",
      "if (same && step > 0 * lastStep) found = step;",
    ],
  ],
});
