import type { Saboteur } from "@holdfast/trust/saboteur";
import { weakenedServer } from "../weakened-server.ts";

const facts = "platform/panel/src/trust-facts.ts";

/** Serves the public page from sources that are silent about a place, or tell another one. */
export const placeSaboteur: Saboteur = {
  claim: "BAK-3",
  set: async (scene) => {
    const scope = { databases: [(await scene.scratch("first")).name] };
    const weakened = (breaks: string, find: string, replace: string) =>
      weakenedServer(scene, { breaks, scope, patches: [{ file: facts, find, replace }] });
    return {
      scope: { ...scope, port: await scene.server.intact() },
      sabotages: [
        weakened(
          "one data center was left out of the public page",
          "env.of(Vault).searchRead([], vaultFields",
          'env.of(Vault).searchRead([["continent", "=", "Europe"]], vaultFields',
        ),
        weakened(
          "the list for programs told another country",
          "      country,\n      continent,",
          '      country: country === "CA" ? "CH" : country,\n      continent,',
        ),
      ],
    };
  },
};
