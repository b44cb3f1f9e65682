import type { Saboteur } from "@holdfast/trust/saboteur";
import { weakenedServer } from "../weakened-server.ts";

/** Serves a scratch database from sources in which a second factor is forgotten somewhere. */
export const factorSaboteur: Saboteur = {
  claim: "OWASP-6",
  set: async (scene) => {
    const databases = [(await scene.scratch("first")).name];
    const scope = { databases, port: await scene.server.intact() };
    const weakened = (breaks: string, file: string, find: string, replace: string) =>
      weakenedServer(scene, { breaks, scope, patches: [{ file, find, replace }] });
    return {
      scope,
      sabotages: [
        weakened(
          "the remote API forgot the second factor",
          "software/framework/src/identity/create-identity.ts",
          "return demanded.length === 0 ? first.userId : null;",
          "return first.userId;",
        ),
        weakened(
          "codes were taken twice",
          "software/framework/src/identity/totp/totp.ts",
          "if (same && step > lastStep) found = step;",
          "if (same && step > 0 * lastStep) found = step;",
        ),
      ],
    };
  },
};
