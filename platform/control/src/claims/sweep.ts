import { present } from "@holdfast/kernel/assert";
import { parseId } from "@holdfast/kernel/id";
import { Backup } from "@holdfast/panel/backup";
import { Customer } from "@holdfast/panel/customer";
import { Database } from "@holdfast/panel/database";
import { requestDeletion } from "@holdfast/panel/request";
import { removeBackup } from "@holdfast/protocol/backup-methods";
import { controlActor } from "../actor.ts";
import type { ControlContext } from "../context.ts";
import { follow } from "../handlers/follow.ts";
import type { Parts } from "../parts.ts";

/** As in a name; customers may not be called so (panel's `isProbeName`). */
const patterns = ["scratch-%", "drill-%"] as const;
const maxLeft = 1_000;

/**
 * Removes every scratch database and drill's copy, with backups and customers that were made for them. Safe
 * to run at any time when no probe and no saboteur works: nothing of a customer's is ever called so.
 *
 * @returns the names of the databases removed.
 */
export async function sweepProbeDatabases(context: ControlContext, signal: AbortSignal): Promise<string[]> {
  const { parts, runner } = context;
  const env = parts.data.reading(controlActor);
  const left = await env.of(Database).searchRead(named("name"), ["name", "state"], { limit: maxLeft });
  for (const { id, state } of left) {
    // What is still being made or deleted is carried to its end by the runner; the next sweep takes it.
    if (state !== "running" && state !== "failed") continue;
    const operation = await parts.data.writing(controlActor, (writing) => requestDeletion(writing, id));
    await follow(operation, { parts, runner, signal, progress: () => undefined });
  }
  await removeBackups(parts);
  await removeCustomers(parts);
  return left.map(({ name }) => name);
}

async function removeBackups({ agent, data }: Parts): Promise<void> {
  const env = data.reading(controlActor);
  const backups = await env
    .of(Backup)
    .searchRead([...named("database_name"), ["state", "!=", "taking"]], ["key", "tenant_id"], {
      limit: maxLeft,
    });
  for (const { id, key, tenant_id } of backups) {
    const tenantId = present(parseId<"tenant">(tenant_id), "a tenant id");
    await agent(removeBackup, { tenantId, backupId: present(parseId<"backup">(key), "a backup id") });
    await data.writing(controlActor, (writing) => writing.of(Backup).unlink([id]));
  }
}

/** Those that have no database any more. */
async function removeCustomers({ data }: Parts): Promise<void> {
  await data.writing(controlActor, async (env) => {
    const ids = await env
      .of(Customer)
      .search([...named("name"), ["state", "=", "draft"]], { limit: maxLeft });
    if (ids.length > 0) await env.of(Customer).unlink(ids);
  });
}

function named<const Name extends string>(field: Name) {
  return ["|", [field, "=like", patterns[0]], [field, "=like", patterns[1]]] as const;
}
