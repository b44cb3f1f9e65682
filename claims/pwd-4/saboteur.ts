import type { Saboteur } from "@holdfast/trust/saboteur";
import { weakeningSaboteur } from "../weakened-server.ts";

const throttle = "software/framework/src/identity/throttle.ts";
const authenticate = "software/framework/src/identity/authenticate.ts";

/** Serves a scratch database from sources that count worse. */
export const throttleSaboteur: Saboteur = weakeningSaboteur({
  claim: "PWD-4",
  weakenings: [
    [
      "failures were counted and blocked nothing",
      throttle,
      "if (blockedUntil !== null) throw tooMany(blockedUntil);",
      "if (blockedUntil !== null) return 0;",
    ],
    [
      "the number of failures no longer came from the policy",
      authenticate,
      "most: policy.max_failures }",
      "most: 10 }",
    ],
  ],
});
