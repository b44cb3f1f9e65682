import type { Environment } from "@holdfast/framework/model/environment";
import { ExpectedError } from "@holdfast/kernel/errors";
import {
  addBackup,
  addWorkOn,
  refuseOtherName,
  refuseUnstored,
  restorableBackup,
  runningDatabase,
} from "./asked-about.ts";
import { Backup } from "./backup.ts";
import { Database } from "./database.ts";
import { addOperation, newKey, one } from "./new-operation.ts";

/** How a restore over the live database is asked for. */
export interface RestoreOverRequest {
  readonly databaseId: number;
  readonly backupId: number;
  /** The name of the database, typed again by whoever asks. */
  readonly confirm: string;
  /** Who asks: kept with the operation. */
  readonly by: string;
  /** Only for an operator, when the live database is too damaged to be backed up: it is kept whole all the same. */
  readonly withoutSafetyBackup?: boolean;
}

/**
 * Asks to put a backup in the live database's place. The wish and the safety backup's row commit together; the live
 * database serves until the swap. Source: claim BAK-5.
 *
 * @returns the operation's record id.
 * @throws ExpectedError `invalid` when the typed name is another, `conflict` when it cannot be restored now.
 */
export async function requestRestoreOver(env: Environment, wish: RestoreOverRequest): Promise<number> {
  const database = await runningDatabase(env, wish.databaseId);
  refuseOtherName(database.name, wish.confirm);
  const backup = await restorableBackup(env, database, wish.backupId);
  return env.system("a restore over the live database is asked for", async (system) => {
    const safety = wish.withoutSafetyBackup
      ? { id: null, key: newKey(system) }
      : await addBackup(system, database, "safety");
    return addWorkOn(system, database, {
      kind: "backup.restore_over",
      label: `Restore ${database.name} to ${backup.taken}`,
      more: {
        backupId: backup.id,
        key: backup.key,
        safetyBackupId: safety.id,
        safetyKey: safety.key,
        by: wish.by,
      },
    });
  });
}

/**
 * Asks to put the database back that the last restore replaced. What is live now is kept in its place, so that
 * undoing can be undone.
 *
 * @throws ExpectedError `gone` when its time is over, `invalid` when the typed name is another.
 */
export async function requestRestoreUndo(
  env: Environment,
  wish: { readonly databaseId: number; readonly confirm: string; readonly by: string },
): Promise<number> {
  const database = await runningDatabase(env, wish.databaseId);
  refuseOtherName(database.name, wish.confirm);
  if (database.former_until === null)
    throw new ExpectedError("gone", `there is no restore of "${database.name}" that could be undone`, {
      hint: "restore the safety backup that was taken before it",
    });
  return env.system("undoing a restore is asked for", (system) =>
    addWorkOn(system, database, {
      kind: "restore.undo",
      label: `Undo the restore of ${database.name}`,
      more: { by: wish.by },
    }),
  );
}

/**
 * Asks to forget what the last restore replaced: by the schedule when its time is over, by an operator for room.
 *
 * @throws ExpectedError `gone` when nothing is kept.
 */
export async function requestFormerRemoval(env: Environment, databaseId: number): Promise<number> {
  const database = await one(
    env.of(Database).read([databaseId], ["name", "tenant_id", "customer_id", "former_until"]),
  );
  if (database.former_until === null)
    throw new ExpectedError("gone", `nothing is kept of a restore of "${database.name}"`);
  return env.system("what a restore replaced has outlived its time", (system) =>
    addOperation(system, {
      kind: "restore.forget",
      label: `Forget what the restore of ${database.name} replaced`,
      input: { databaseId, tenantId: database.tenant_id, name: database.name },
      databaseId,
      customerId: database.customer_id.id,
    }),
  );
}

/**
 * Asks to prove a backup: restored into a scratch database, compared, dropped. By the schedule, or by a person.
 *
 * @returns the operation's record id.
 */
export async function requestProof(env: Environment, backupId: number): Promise<number> {
  const backup = await one(
    env.of(Backup).read([backupId], ["key", "tenant_id", "database_id", "database_name", "state"]),
  );
  refuseUnstored(backup, "nothing can be proven");
  if (!backup.database_id)
    throw new ExpectedError("conflict", `backup ${backup.key} has no database any more`);
  const database = await runningDatabase(env, backup.database_id.id);
  return env.system("a proof of a backup is asked for", (system) =>
    addWorkOn(system, database, {
      kind: "backup.prove",
      label: `Prove a backup of ${database.name}`,
      more: { backupId, key: backup.key },
    }),
  );
}
