import type { Environment } from "@holdfast/framework/model/environment";
import { addBackup, addWorkOn, refuseOtherName, restorableBackup, runningDatabase } from "./asked-about.ts";

/** Chosen models of one backup, and how they come back. */
export interface PartsWish {
  readonly databaseId: number;
  readonly backupId: number;
  /** Names of models; which ones can be chosen is control's to say, which knows the apps. */
  readonly models: readonly string[];
  /** `merge` brings back what is missing or was changed; `replace` also removes what came since. */
  readonly mode: "merge" | "replace";
  /** Who asks: kept with the operation. */
  readonly by: string;
}

/** Asks what bringing chosen models back would change; live is only read. @returns the operation's record id. */
export async function requestPartsLook(env: Environment, wish: PartsWish): Promise<number> {
  const { database, parts } = await partsOf(env, wish);
  return env.system("what chosen parts of a backup would change is asked for", (system) =>
    addWorkOn(system, database, {
      kind: "backup.look_at_parts",
      label: `Compare parts of a backup with ${database.name}`,
      more: parts,
    }),
  );
}

/**
 * Asks to bring chosen models of a backup into the live database, after a safety backup.
 *
 * @returns the operation's record id.
 * @throws ExpectedError `invalid` when the typed name is another.
 */
export async function requestPartsRestore(
  env: Environment,
  wish: PartsWish & { readonly confirm: string },
): Promise<number> {
  const { database, taken, parts } = await partsOf(env, wish);
  refuseOtherName(database.name, wish.confirm);
  return env.system("chosen parts of a backup are to come back", async (system) => {
    const safety = await addBackup(system, database, "safety");
    return addWorkOn(system, database, {
      kind: "backup.restore_parts",
      label: `Bring parts of ${database.name} back from ${taken}`,
      more: { ...parts, safetyBackupId: safety.id, safetyKey: safety.key },
    });
  });
}

async function partsOf(env: Environment, { databaseId, backupId, models, mode, by }: PartsWish) {
  const database = await runningDatabase(env, databaseId);
  const { key, taken } = await restorableBackup(env, database, backupId);
  return { database, taken, parts: { backupId, key, models, mode, by } };
}
