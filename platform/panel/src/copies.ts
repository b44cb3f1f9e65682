import type { Environment } from "@holdfast/framework/model/environment";
import { Backup } from "./backup.ts";
import { Database } from "./database.ts";

/**
 * Copies on the side of a database, in whatever state: those of its customer that came from no other database's backup.
 * Whoever asks by the backups that are listed misses some: a copy may be kept longer than the backup it came from.
 *
 * @returns their record ids; none when there is no such database.
 */
export async function copiesOf(env: Environment, tenantId: string): Promise<number[]> {
  const [own] = await env
    .of(Database)
    .searchRead([["tenant_id", "=", tenantId]], ["customer_id"], { limit: 1 });
  if (own === undefined) return [];
  const copies = await env.of(Database).searchRead(
    [
      ["neutralized", "=", true],
      ["customer_id", "=", own.customer_id.id],
    ],
    ["origin_key"],
  );
  const others = await env.of(Backup).searchRead(
    [
      ["key", "in", copies.flatMap(({ origin_key }) => origin_key ?? [])],
      ["tenant_id", "!=", tenantId],
    ],
    ["key"],
  );
  const foreign = new Set(others.map(({ key }) => key));
  return copies.filter(({ origin_key }) => !foreign.has(origin_key ?? "")).map(({ id }) => id);
}
