import type { Saboteur } from "@holdfast/trust/saboteur";
import { weakenedServer } from "../weakened-server.ts";

const throttle = "software/framework/src/identity/throttle.ts";
const authenticate = "software/framework/src/identity/authenticate.ts";

/** Serves a scratch database from sources that count worse. */
export const throttleSaboteur: Saboteur = {
  claim: "PWD-4",
  set: async (scene) => {
    const databases = [(await scene.scratch("first")).name];
    const scope = { databases, port: await scene.server.intact() };
    const weakened = (breaks: string, file: string, find: string, replace: string) =>
      weakenedServer(scene, { breaks, scope, patches: [{ file, find, replace }] });
    return {
      scope,
      sabotages: [
        weakened(
          "failures were counted and blocked nothing",
          throttle,
          "if (blockedUntil !== null) throw tooMany(blockedUntil);",
          "if (blockedUntil !== null) return 0;",
        ),
        weakened(
          "the number of failures no longer came from the policy",
          authenticate,
          "most: policy.max_failures }",
          "most: 10 }",
        ),
      ],
    };
  },
};
