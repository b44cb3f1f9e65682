import type { Saboteur, Scene, ScratchDatabase } from "@holdfast/trust/saboteur";

/** Makes a scratch database three days old with three days of backups, then takes one away, then owes a proof. */
export const slotSaboteur: Saboteur = {
  claim: "BAK-1",
  set: async (scene) => {
    const database = await scene.scratch("second");
    const backups = [
      await scene.backUp(database),
      await scene.backUp(database),
      await scene.backUp(database),
    ];
    await grow(scene, database, "interval '3 days 1 hour'");
    for (const [days, key] of backups.entries())
      await control(
        scene,
        `UPDATE platform_backup SET taken_at = now() - interval '${days} days' WHERE key = '${key}'`,
      );
    const hidden = backups[1] ?? "";
    return {
      scope: { databases: [database.name] },
      sabotages: [
        {
          breaks: "one of three daily backups was taken out of one vault",
          spoil: async () => {
            const [vault = ""] = scene.vaults.holding(database.tenantId, hidden);
            const repair = scene.vaults.hide(vault, database.tenantId, hidden);
            return { repair: async () => repair() };
          },
        },
        {
          breaks: "one of three daily backups was read back damaged",
          spoil: async () => {
            const mark = (state: string) =>
              control(scene, `UPDATE platform_backup SET state = '${state}' WHERE key = '${hidden}'`);
            await mark("damaged");
            return { repair: async () => void (await mark("stored")) };
          },
        },
        {
          breaks: "a paid database had no backup proven for three days",
          spoil: async () => {
            const plan = (value: string) =>
              control(
                scene,
                `UPDATE platform_customer SET plan = '${value}' WHERE id = (SELECT customer_id FROM platform_database WHERE name = '${database.name}')`,
              );
            await plan("paid");
            return { repair: async () => void (await plan("free")) };
          },
        },
      ],
    };
  },
};

function grow(scene: Scene, { name }: ScratchDatabase, by: string): Promise<string> {
  return control(scene, `UPDATE platform_database SET create_date = now() - ${by} WHERE name = '${name}'`);
}

function control(scene: Scene, statement: string): Promise<string> {
  return scene.clusters.run("control", scene.controlDatabase, statement);
}
