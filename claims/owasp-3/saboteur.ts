import type { Saboteur } from "@holdfast/trust/saboteur";
import { weakeningSaboteur } from "../weakened-server.ts";

const csrf = "software/framework/src/http/csrf.ts";

/** Serves a scratch database from sources that believe every request to be our own page's. */
export const forgerySaboteur: Saboteur = weakeningSaboteur({
  claim: "OWASP-3",
  weakenings: [
    [
      "the token of forms was no longer compared",
      csrf,
      "a.byteLength !== b.byteLength || !timingSafeEqual(a, b)",
      "a.byteLength === 0",
    ],
    [
      "the origin of requests was no longer looked at",
      csrf,
      'if (route.csrf === "none") return;',
      'if (route.csrf !== "token") return;',
    ],
    [
      "a cookie counted without a word from where it came",
      csrf,
      "if (from.byCookie && !says) throw",
      'if (from.byCookie && !says && route.path === "/") throw',
    ],
  ],
});
