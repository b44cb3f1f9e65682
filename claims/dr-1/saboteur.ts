import type { Saboteur } from "@holdfast/trust/saboteur";

/** Lets a scratch database grow two days old, and takes its backups away. */
export const ageSaboteur: Saboteur = {
  claim: "DR-1",
  set: async (scene) => {
    const database = await scene.scratch("first");
    await scene.backUp(database);
    await scene.clusters.run(
      "control",
      scene.controlDatabase,
      `UPDATE platform_database SET create_date = create_date - interval '2 days' WHERE name = '${database.name}'`,
    );
    return {
      scope: { databases: [database.name] },
      sabotages: [
        {
          breaks: "all backups of a database two days old were taken away",
          spoil: async () => {
            const repair = scene.vaults.hideAll(database.tenantId);
            return { repair: async () => repair() };
          },
        },
      ],
    };
  },
};
