import { ExpectedError } from "@holdfast/kernel/errors";
import type { BackupId, TenantId } from "@holdfast/kernel/id";
import { Backup } from "@holdfast/panel/backup";
import { copiesOf } from "@holdfast/panel/copies";
import { Database } from "@holdfast/panel/database";
import { controlActor } from "../actor.ts";
import type { Parts } from "../parts.ts";

/** What is looked at of a customer's own database. */
const fields = [
  "name",
  "apps",
  "tenant_id",
  "customer_id",
  "last_stored_at",
  "last_proven_at",
  "restored_at",
  "former_until",
] as const;

/** @throws ExpectedError `not_found`, also for a copy: backups are of live databases. */
export async function databaseOf(parts: Parts, tenantId: TenantId) {
  const [row] = await parts.data
    .reading(controlActor)
    .of(Database)
    .searchRead(
      [
        ["tenant_id", "=", tenantId],
        ["neutralized", "=", false],
      ],
      [...fields],
      { limit: 1 },
    );
  if (!row)
    throw new ExpectedError("not_found", "A copy has no backups of its own.", { hint: "open the original" });
  return row;
}

/** @throws ExpectedError `not_found`, also for a backup of another customer. @returns its record id. */
export async function backupOf(parts: Parts, tenantId: TenantId, key: BackupId): Promise<number> {
  const [id] = await parts.data
    .reading(controlActor)
    .of(Backup)
    .search([
      ["key", "=", key],
      ["tenant_id", "=", tenantId],
    ]);
  if (id === undefined) throw new ExpectedError("not_found", "There is no such backup.");
  return id;
}

/** Copies on the side of this tenant's database. */
export async function copiesShown(parts: Parts, tenantId: TenantId) {
  const env = parts.data.reading(controlActor);
  const rows = await env
    .of(Database)
    .searchRead([["id", "in", await copiesOf(env, tenantId)]], ["name", "url", "state", "expires_at"]);
  return rows.map(({ id, name, url, state, expires_at }) => ({
    id,
    name,
    url,
    state,
    expiresAt: expires_at?.toString() ?? null,
  }));
}

/** @throws ExpectedError `not_found`, also for a copy of another customer's database. @returns its record id. */
export async function copyOf(parts: Parts, tenantId: TenantId, name: string): Promise<number> {
  const copy = (await copiesShown(parts, tenantId)).find((each) => each.name === name);
  if (!copy) throw new ExpectedError("not_found", "There is no such copy.");
  return copy.id;
}
