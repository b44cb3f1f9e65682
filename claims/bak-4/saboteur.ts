import type { Saboteur } from "@holdfast/trust/saboteur";

/** Damages what would be downloaded, in every vault. */
export const downloadSaboteur: Saboteur = {
  claim: "BAK-4",
  set: async (scene) => {
    const database = await scene.scratch("first");
    const backupId = await scene.backUp(database);
    return {
      scope: { databases: [database.name] },
      sabotages: [
        {
          breaks: "one byte in the middle of every copy of the backup was changed",
          // The probe takes the newest backup, and its own drill leaves one that is newer: all of them are damaged.
          spoil: async () => {
            const repairs = scene.vaults.flipAll(database.tenantId);
            if (scene.vaults.holding(database.tenantId, backupId).length === 0)
              throw new Error("there is no copy of the scratch backup");
            return { repair: async () => repairs() };
          },
        },
      ],
    };
  },
};
