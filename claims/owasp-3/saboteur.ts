import type { Saboteur } from "@holdfast/trust/saboteur";
import { weakenedServer } from "../weakened-server.ts";

const csrf = "software/framework/src/http/csrf.ts";

/** Serves a scratch database from sources that believe every request to be our own page's. */
export const forgerySaboteur: Saboteur = {
  claim: "OWASP-3",
  set: async (scene) => {
    const scope = { databases: [(await scene.scratch("first")).name] };
    const weakened = (breaks: string, find: string, replace: string) =>
      weakenedServer(scene, { breaks, scope, patches: [{ file: csrf, find, replace }] });
    return {
      scope: { ...scope, port: await scene.server.intact() },
      sabotages: [
        weakened(
          "the token of forms was no longer compared",
          "a.byteLength !== b.byteLength || !timingSafeEqual(a, b)",
          "a.byteLength === 0",
        ),
        weakened(
          "the origin of requests was no longer looked at",
          'if (route.csrf === "none") return;',
          'if (route.csrf !== "token") return;',
        ),
        weakened(
          "a cookie counted without a word from where it came",
          "if (from.byCookie && !says) throw",
          'if (from.byCookie && !says && route.path === "/") throw',
        ),
      ],
    };
  },
};
