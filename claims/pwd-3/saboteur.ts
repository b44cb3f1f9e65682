import type { Saboteur } from "@holdfast/trust/saboteur";
import { weakenedServer } from "../weakened-server.ts";

/** Serves a scratch database from sources that let something travel in clear. */
export const plainTextSaboteur: Saboteur = {
  claim: "PWD-3",
  set: async (scene) => {
    const scope = { databases: [(await scene.scratch("first")).name] };
    const weakened = (breaks: string, file: string, [find, replace]: readonly [string, string]) =>
      weakenedServer(scene, { breaks, scope, patches: [{ file, find, replace }] });
    return {
      scope: { ...scope, port: await scene.server.intact() },
      sabotages: [
        weakened("plain HTTP was served like HTTPS", "software/server/src/front-door.ts", [
          "createPlainServer(httpLimits, redirectToHttps);",
          "createPlainServer(httpLimits, answer);",
        ]),
        weakened("cookies were no longer bound to HTTPS", "software/framework/src/http/cookies.ts", [
          "; Path=/; Secure; HttpOnly;",
          "; Path=/; HttpOnly;",
        ]),
        weakened(
          "browsers were no longer told to keep to HTTPS",
          "software/framework/src/http/security-headers.ts",
          ['    "strict-transport-security": "max-age=63072000",\n', ""],
        ),
      ],
    };
  },
};
