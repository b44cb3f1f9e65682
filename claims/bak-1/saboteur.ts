import { setTimeout } from "node:timers/promises";
import type { Saboteur, Scene, ScratchDatabase } from "@holdfast/trust/saboteur";

const longestProofSeconds = 300;

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
    await holdOffProofs(scene, database);
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
            await noProofUnderWay(scene, database);
            await control(
              scene,
              `UPDATE platform_database SET last_proven_at = now() - interval '3 days' WHERE name = '${database.name}'`,
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

/**
 * A database three days old owes a proof, and the schedule of the running installation would make it within a minute: the
 * one thing that the last sabotage says is missing. So a try of the last hour is written down, after which it waits.
 */
async function holdOffProofs(scene: Scene, { name }: ScratchDatabase): Promise<void> {
  await control(
    scene,
    `UPDATE platform_operation SET kind = 'backup.prove' WHERE id = (SELECT max(operation.id) FROM platform_operation operation JOIN platform_database database ON database.id = operation.database_id WHERE database.name = '${name}' AND operation.kind = 'backup.take' AND operation.ended_at IS NOT NULL)`,
  );
}

/** One that the schedule began before {@link holdOffProofs} would note its end at any moment. */
async function noProofUnderWay(scene: Scene, { name }: ScratchDatabase): Promise<void> {
  for (let tries = 0; tries < longestProofSeconds; tries++) {
    const open = await control(
      scene,
      `SELECT operation.id FROM platform_operation operation JOIN platform_database database ON database.id = operation.database_id WHERE database.name = '${name}' AND operation.kind = 'backup.prove' AND operation.ended_at IS NULL`,
    );
    if (!/\d/.test(open)) return;
    await setTimeout(1_000);
  }
  throw new Error(`a proof of ${name} did not end in ${longestProofSeconds} seconds`);
}

function control(scene: Scene, statement: string): Promise<string> {
  return scene.clusters.run("control", scene.controlDatabase, statement);
}
