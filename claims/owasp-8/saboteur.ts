import type { Sabotage, Saboteur, Scene, Scope } from "@holdfast/trust/saboteur";
import { weakenedServer } from "../weakened-server.ts";

const links = "software/framework/src/identity/links.ts";

/** Serves scratch databases from sources in which one check of links is missing. */
export const linkSaboteur: Saboteur = {
  claim: "OWASP-8",
  set: async (scene) => {
    const databases = [(await scene.scratch("first")).name, (await scene.scratch("second")).name];
    return {
      scope: { databases, port: await scene.server.intact() },
      sabotages: sabotages(scene, { databases }),
    };
  },
};

function sabotages(scene: Scene, scope: Scope): Sabotage[] {
  const weakened = (breaks: string, find: string, replace: string) =>
    weakenedServer(scene, { breaks, scope, patches: [{ file: links, find, replace }] });
  return [
    weakened(
      "the signature of links was no longer compared",
      "return expected.byteLength === given.byteLength && timingSafeEqual(expected, given);",
      "return expected.byteLength === given.byteLength || timingSafeEqual(expected, expected);",
    ),
    weakened(
      "links no longer ended",
      " || row.expires_at.epochMilliseconds <= env.clock.now()) return false;",
      ") return false;",
    ),
    weakened("revoked links went on", "if (row.revoked || !unused", "if (!unused"),
    weakened("links opened pages of other purposes", "    row.purpose !== purpose ||\n", ""),
  ];
}
