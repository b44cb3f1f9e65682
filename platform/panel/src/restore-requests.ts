import type { Environment } from "@holdfast/framework/model/environment";
import { ExpectedError } from "@holdfast/kernel/errors";
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
  const backup = await one(
    env.of(Backup).read([wish.backupId], ["key", "tenant_id", "database_id", "state", "taken_at"]),
  );
  if (backup.tenant_id !== database.tenant_id)
    throw new ExpectedError("not_found", `"${database.name}" has no such backup`);
  if (!["stored", "partial", "damaged"].includes(backup.state))
    throw new ExpectedError("conflict", `backup ${backup.key} is not stored, so that it cannot be restored`);
  const safetyKey = newKey(env);
  return env.system("a restore over the live database is asked for", async (system) => {
    const safetyBackupId = wish.withoutSafetyBackup
      ? null
      : await one(
          system.of(Backup).create([
            {
              key: safetyKey,
              database_id: database.id,
              database_name: database.name,
              tenant_id: database.tenant_id,
              origin: "safety",
              taken_at: Temporal.Instant.fromEpochMilliseconds(env.clock.now()),
            },
          ]),
        );
    return addOperation(system, {
      kind: "backup.restore_over",
      label: `Restore ${database.name} to ${backup.taken_at.toString().slice(0, 16).replace("T", " ")} UTC`,
      input: {
        databaseId: database.id,
        tenantId: database.tenant_id,
        name: database.name,
        apps: database.apps,
        backupId: wish.backupId,
        key: backup.key,
        safetyBackupId,
        safetyKey,
        by: wish.by,
      },
      databaseId: database.id,
      customerId: database.customer_id.id,
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
    addOperation(system, {
      kind: "restore.undo",
      label: `Undo the restore of ${database.name}`,
      input: {
        databaseId: database.id,
        tenantId: database.tenant_id,
        name: database.name,
        apps: database.apps,
        by: wish.by,
      },
      databaseId: database.id,
      customerId: database.customer_id.id,
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
  if (!["stored", "partial", "damaged"].includes(backup.state) || !backup.database_id)
    throw new ExpectedError("conflict", `backup ${backup.key} is not stored, so that nothing can be proven`);
  const database = await runningDatabase(env, backup.database_id.id);
  return env.system("a proof of a backup is asked for", (system) =>
    addOperation(system, {
      kind: "backup.prove",
      label: `Prove a backup of ${database.name}`,
      input: {
        databaseId: database.id,
        tenantId: database.tenant_id,
        name: database.name,
        apps: database.apps,
        backupId,
        key: backup.key,
      },
      databaseId: database.id,
      customerId: database.customer_id.id,
    }),
  );
}

/** A database on which work can begin. @throws ExpectedError `conflict` when it is not running. */
export async function runningDatabase(env: Environment, databaseId: number) {
  const database = await one(
    env
      .of(Database)
      .read(
        [databaseId],
        ["name", "tenant_id", "customer_id", "apps", "state", "neutralized", "former_until"],
      ),
  );
  if (database.state !== "running")
    throw new ExpectedError("conflict", `"${database.name}" is not running`, {
      hint: "wait until what is under way has ended",
    });
  return database;
}

/** @throws ExpectedError `invalid` unless the name was typed again. */
export function refuseOtherName(name: string, typed: string): void {
  if (typed.trim() === name) return;
  throw new ExpectedError("invalid", `the confirmation does not say "${name}"`, {
    hint: `type ${name} to confirm`,
  });
}
