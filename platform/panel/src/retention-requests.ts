import type { Environment } from "@holdfast/framework/model/environment";
import { ExpectedError } from "@holdfast/kernel/errors";
import { Backup } from "./backup.ts";
import { Customer } from "./customer.ts";
import { Database } from "./database.ts";
import { addOperation, one } from "./new-operation.ts";

/**
 * Asks to delete a backup from every vault. Whether it may go is looked at by the operation, when it begins.
 *
 * @returns the operation's record id.
 */
export async function requestRetirement(env: Environment, backupId: number): Promise<number> {
  const backup = await one(
    env
      .of(Backup)
      .read([backupId], ["key", "tenant_id", "database_id", "database_name", "state", "taken_at"]),
  );
  if (backup.state === "taking" || backup.state === "failed")
    throw new ExpectedError(
      "conflict",
      `backup ${backup.key} was never stored, so that there is nothing to delete`,
    );
  return env.system("retention deletes a backup", (system) =>
    addOperation(system, {
      kind: "backup.retire",
      label: `Delete the backup of ${backup.database_name} of ${backup.taken_at.toString().slice(0, 10)}`,
      input: {
        backupId,
        key: backup.key,
        tenantId: backup.tenant_id,
        databaseId: backup.database_id?.id ?? null,
      },
      databaseId: backup.database_id?.id ?? null,
      customerId: null,
    }),
  );
}

/**
 * Keeps every backup of a customer from being deleted, for as long as the reason stands; null lifts it.
 *
 * @throws ExpectedError `conflict` while its database is being deleted: the backups would be lost with its key all the same.
 */
export async function setLegalHold(
  env: Environment,
  { customerId, reason }: { readonly customerId: number; readonly reason: string | null },
): Promise<void> {
  const customer = await one(env.of(Customer).read([customerId], ["name"]));
  if (reason !== null && reason.trim() === "")
    throw new ExpectedError("invalid", `say why the backups of "${customer.name}" are to be kept`);
  const going = await env.of(Database).count([
    ["customer_id", "=", customerId],
    ["neutralized", "=", false],
    ["state", "=", "deleting"],
  ]);
  if (reason !== null && going > 0)
    throw new ExpectedError("conflict", `"${customer.name}" is being deleted: a hold would keep nothing`, {
      hint: "cancel that operation first, if it is not past return",
    });
  const since = reason === null ? null : Temporal.Instant.fromEpochMilliseconds(env.clock.now());
  await env.system("an operator sets or lifts a legal hold", (system) =>
    system.of(Customer).write([customerId], { hold_reason: reason?.trim() ?? null, held_since: since }),
  );
}
