import type { Environment } from "@holdfast/framework/model/environment";
import { ExpectedError } from "@holdfast/kernel/errors";
import { Backup } from "./backup.ts";
import { Database } from "./database.ts";
import { addOperation, newKey, one } from "./new-operation.ts";

/** A database that work is asked for; read by the right of whoever asks. */
export type AskedDatabase = Awaited<ReturnType<typeof runningDatabase>>;

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

/**
 * A backup of this database that can be restored.
 *
 * @throws ExpectedError `not_found` for a backup of another database, `conflict` for one that is not stored.
 */
export async function restorableBackup(env: Environment, database: AskedDatabase, backupId: number) {
  const backup = await one(env.of(Backup).read([backupId], ["key", "tenant_id", "state", "taken_at"]));
  if (backup.tenant_id !== database.tenant_id)
    throw new ExpectedError("not_found", `"${database.name}" has no such backup`);
  refuseUnstored(backup, "it cannot be restored");
  return {
    id: backup.id,
    key: backup.key,
    taken: `${backup.taken_at.toString().slice(0, 16).replace("T", " ")} UTC`,
  };
}

/** @throws ExpectedError `conflict` unless some vault holds it, as far as is known. */
export function refuseUnstored(backup: { readonly key: string; readonly state: string }, so: string): void {
  if (["stored", "partial", "damaged"].includes(backup.state)) return;
  throw new ExpectedError("conflict", `backup ${backup.key} is not stored, so that ${so}`);
}

/** @throws ExpectedError `invalid` unless the name was typed again. */
export function refuseOtherName(name: string, typed: string): void {
  if (typed.trim() === name) return;
  throw new ExpectedError("invalid", `the confirmation does not say "${name}"`, {
    hint: `type ${name} to confirm`,
  });
}

/** The row of a backup that an operation is to take. */
export async function addBackup(
  system: Environment,
  database: Pick<AskedDatabase, "id" | "name" | "tenant_id">,
  origin: "taken" | "safety",
): Promise<{ readonly id: number; readonly key: string }> {
  const key = newKey(system);
  const id = await one(
    system.of(Backup).create([
      {
        key,
        database_id: database.id,
        database_name: database.name,
        tenant_id: database.tenant_id,
        origin,
        taken_at: Temporal.Instant.fromEpochMilliseconds(system.clock.now()),
      },
    ]),
  );
  return { id, key };
}

/** Writes down work on one database, whose input begins with what it was when the work was asked for. */
export function addWorkOn(
  system: Environment,
  database: Pick<AskedDatabase, "id" | "name" | "tenant_id" | "apps" | "customer_id">,
  work: {
    readonly kind: string;
    readonly label: string;
    readonly more?: Readonly<Record<string, unknown>>;
  },
): Promise<number> {
  const { id: databaseId, tenant_id: tenantId, name, apps } = database;
  return addOperation(system, {
    kind: work.kind,
    label: work.label,
    input: { databaseId, tenantId, name, apps, ...work.more },
    databaseId,
    customerId: database.customer_id.id,
  });
}
