import { present } from "@holdfast/kernel/assert";
import type { Sabotage, Saboteur, Scene } from "@holdfast/trust/saboteur";

/** Reaches into one vault as an intruder in one data center would: the other copies stay whole. */
export const backupSaboteur: Saboteur = {
  claim: "BAK-2",
  set: async (scene) => {
    const database = await scene.scratch("first");
    const backupId = await scene.backUp(database);
    const [vault] = scene.vaults.holding(database.tenantId, backupId);
    const at = [present(vault, "a vault with the scratch backup"), database.tenantId, backupId] as const;
    return {
      scope: { databases: [database.name] },
      sabotages: [
        broken("one byte of one vault's copy was changed", () => scene.vaults.flipByte(...at)),
        broken("one vault's copy was taken away", () => scene.vaults.hide(...at)),
      ],
    };
  },
};

function broken(breaks: string, act: () => ReturnType<Scene["vaults"]["hide"]>): Sabotage {
  return {
    breaks,
    spoil: async () => {
      const repair = act();
      return { repair: async () => repair() };
    },
  };
}
