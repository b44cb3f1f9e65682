import type { Saboteur } from "@holdfast/trust/saboteur";
import { weakenedServer } from "../weakened-server.ts";

const file = "software/framework/src/identity/password-policy.ts";

/** Serves a scratch database from sources that ask for less, or for the wrong thing. */
export const lengthSaboteur: Saboteur = {
  claim: "PWD-5",
  set: async (scene) => {
    const databases = [(await scene.scratch("first")).name];
    const scope = { databases, port: await scene.server.intact() };
    const weakened = (breaks: string, find: string, replace: string) =>
      weakenedServer(scene, { breaks, scope, patches: [{ file, find, replace }] });
    return {
      scope,
      sabotages: [
        weakened(
          "the administrator's minimum length was forgotten",
          "const least = Math.max(8, minimumLength);",
          "const least = Math.max(8, 8 * Math.min(1, minimumLength));",
        ),
        weakened(
          "leaked passwords were taken",
          "if (isCommonPassword(normal))",
          "if (isCommonPassword(normal) && normal.length < 8)",
        ),
        weakened(
          "digits were asked for",
          "if (consistsOf(normal, words))",
          "if (consistsOf(normal, words) || !/[0-9]/.test(normal))",
        ),
      ],
    };
  },
};
