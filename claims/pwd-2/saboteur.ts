import type { Saboteur } from "@holdfast/trust/saboteur";
import { weakenedServer } from "../weakened-server.ts";

/** Serves a scratch database from sources that show hashes, or whose links can be used again. */
export const secretSaboteur: Saboteur = {
  claim: "PWD-2",
  set: async (scene) => {
    const databases = [(await scene.scratch("first")).name];
    const scope = { databases, port: await scene.server.intact() };
    return {
      scope,
      sabotages: [
        weakenedServer(scene, {
          breaks: "stored hashes became a field like any other",
          scope,
          patches: [
            {
              file: "software/framework/src/identity/models.ts",
              find: 'password_hash: text({ label: "Password hash", secret: true, copy: false, maxLength: 512 }),',
              replace: 'password_hash: text({ label: "Password hash", copy: false, maxLength: 512 }),',
            },
          ],
        }),
        weakenedServer(scene, {
          breaks: "a used link and the links beside it lived on",
          scope,
          patches: [
            {
              file: "software/framework/src/identity/links.ts",
              find: "const unused = row.max_uses === 0 || row.uses < row.max_uses;",
              replace: "const unused = row.max_uses >= 0;",
            },
            {
              file: "software/framework/src/identity/credential-change.ts",
              find: 'await revokeLinks(system, resetPurpose, "res.users", userIds);',
              replace: "",
            },
          ],
        }),
      ],
    };
  },
};
