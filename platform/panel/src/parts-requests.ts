import type { Environment } from "@holdfast/framework/model/environment";
import { ExpectedError } from "@holdfast/kernel/errors";
import { Backup } from "./backup.ts";
import { addOperation, newKey, one } from "./new-operation.ts";
import { refuseOtherName, runningDatabase } from "./restore-requests.ts";

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
  const { database, input } = await partsOf(env, wish);
  return env.system("what chosen parts of a backup would change is asked for", (system) =>
    addOperation(system, {
      kind: "backup.look_at_parts",
      label: `Compare parts of a backup with ${database.name}`,
      input,
      databaseId: database.id,
      customerId: database.customer_id.id,
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
  const { database, backup, input } = await partsOf(env, wish);
  refuseOtherName(database.name, wish.confirm);
  const safetyKey = newKey(env);
  return env.system("chosen parts of a backup are to come back", async (system) => {
    const safetyBackupId = await one(
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
      kind: "backup.restore_parts",
      label: `Bring parts of ${database.name} back from ${backup.taken_at.toString().slice(0, 16).replace("T", " ")} UTC`,
      input: { ...input, safetyBackupId, safetyKey },
      databaseId: database.id,
      customerId: database.customer_id.id,
    });
  });
}

async function partsOf(env: Environment, { databaseId, backupId, models, mode, by }: PartsWish) {
  const database = await runningDatabase(env, databaseId);
  const backup = await one(env.of(Backup).read([backupId], ["key", "tenant_id", "state", "taken_at"]));
  if (backup.tenant_id !== database.tenant_id)
    throw new ExpectedError("not_found", `"${database.name}" has no such backup`);
  if (!["stored", "partial", "damaged"].includes(backup.state))
    throw new ExpectedError("conflict", `backup ${backup.key} is not stored, so that it cannot be restored`);
  const input = {
    databaseId: database.id,
    tenantId: database.tenant_id,
    name: database.name,
    apps: database.apps,
    backupId,
    key: backup.key,
    models,
    mode,
    by,
  };
  return { database, backup, input };
}
