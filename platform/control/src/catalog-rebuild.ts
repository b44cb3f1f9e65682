import { present } from "@holdfast/kernel/assert";
import type { TenantId } from "@holdfast/kernel/id";
import { Backup, BackupCopy } from "@holdfast/panel/backup";
import { Customer, plans } from "@holdfast/panel/customer";
import { Database } from "@holdfast/panel/database";
import { inventory } from "@holdfast/protocol/agent-methods";
import { describeBackup } from "@holdfast/protocol/backup-methods";
import type { OutputOf } from "@holdfast/protocol/method";
import type { rebuildCatalog } from "@holdfast/protocol/retention-methods";
import { auditCatalog, listKeys } from "@holdfast/protocol/vault-methods";
import { controlActor } from "./actor.ts";
import type { Parts } from "./parts.ts";

type Rebuilt = OutputOf<typeof rebuildCatalog>;
type Audit = OutputOf<typeof auditCatalog>;
type Head = OutputOf<typeof describeBackup>["head"];

/**
 * Writes down again what the control database has lost and the vaults' signed catalogs know: for each key in the
 * keystore the customer, its database, its backups. Needs nothing but the vaults, the keystore and the root key. What is
 * known already stays as it is; safe to run twice.
 *
 * Plan and e-mail address come from the newest backup, as they were when it was taken. A legal hold is in no backup of
 * the customer's own: it comes from a backup of the control database, or from a person.
 */
export async function rebuildFromVaults(
  parts: Parts,
  { controlTenantId, signal }: { readonly controlTenantId: TenantId; readonly signal: AbortSignal },
): Promise<Rebuilt> {
  const rebuilt = {
    customers: 0,
    customersMade: 0,
    backupsMade: 0,
    findings: [] as Rebuilt["findings"],
    without: [] as string[],
  };
  const { tenants } = await parts.agent(listKeys, {});
  const { databases } = await parts.agent(inventory, {});
  for (const tenantId of tenants.filter((each) => each !== controlTenantId)) {
    const audit = await parts.agent(auditCatalog, { tenantId }, { signal });
    const newest = newestEntry(audit);
    if (newest === undefined) {
      rebuilt.without.push(tenantId);
      continue;
    }
    const described = await parts.agent(describeBackup, { tenantId, backupId: newest.backupId }, { signal });
    // A former installation's own database is no customer's.
    if (described.head.apps.some((app) => app.name === "panel")) continue;
    const isThere = databases.some((database) => database.tenantId === tenantId);
    const made = await parts.data.writing(controlActor, (env) =>
      ensureCustomer(env, {
        tenantId,
        head: described.head,
        url: isThere ? parts.urlOf(described.head.name) : null,
      }),
    );
    rebuilt.customers += 1;
    rebuilt.customersMade += made.isNew ? 1 : 0;
    rebuilt.findings.push(
      ...audit.findings.map(({ backupId = null, ...finding }) => ({
        ...finding,
        customer: described.head.name,
        backupId,
      })),
    );
    rebuilt.backupsMade += await ensureBackups(parts, {
      tenantId,
      name: described.head.name,
      databaseId: made.databaseId,
      audit,
    });
  }
  return rebuilt;
}

function newestEntry({ catalogs }: Audit) {
  return catalogs
    .flatMap(({ backups }) => backups)
    .reduce<Audit["catalogs"][number]["backups"][number] | undefined>(
      (newest, entry) => (newest === undefined || entry.takenAt > newest.takenAt ? entry : newest),
      undefined,
    );
}

type Writing = Parameters<Parameters<Parts["data"]["writing"]>[1]>[0];

async function ensureCustomer(
  env: Writing,
  { tenantId, head, url }: { readonly tenantId: TenantId; readonly head: Head; readonly url: string | null },
): Promise<{ readonly databaseId: number; readonly isNew: boolean }> {
  const [known] = await env.of(Database).search([["tenant_id", "=", tenantId]]);
  if (known !== undefined) return { databaseId: known, isNew: false };
  const { name } = head;
  const payer = head.customer ?? { name, email: `unknown@${name}.invalid`, plan: "" };
  const plan = plans.map(([key]) => key).find((key) => key === payer.plan);
  const values = {
    name: payer.name,
    email: payer.email,
    state: "active",
    ...(plan ? { plan } : {}),
  } as const;
  const [customer] = await env.of(Customer).search([["name", "=", payer.name]]);
  const customerId = customer ?? present((await env.of(Customer).create([values]))[0], "a customer");
  const [databaseId] = await env.of(Database).create([
    {
      name,
      tenant_id: tenantId,
      customer_id: customerId,
      apps: head.apps.map((app) => app.name),
      // What has no database any more is restored from a backup; what has one serves again after the next start.
      state: url === null ? "failed" : "running",
      url,
    },
  ]);
  return { databaseId: present(databaseId, "a database"), isNew: true };
}

async function ensureBackups(
  parts: Parts,
  {
    tenantId,
    name,
    databaseId,
    audit,
  }: {
    readonly tenantId: TenantId;
    readonly name: string;
    readonly databaseId: number;
    readonly audit: Audit;
  },
): Promise<number> {
  const entries = new Map(
    audit.catalogs.flatMap(({ backups }) => backups.map((entry) => [entry.backupId, entry] as const)),
  );
  let made = 0;
  for (const { backupId, takenAt, bytes, sha256 } of entries.values()) {
    const holders = audit.catalogs.filter(({ vault, backups }) => {
      const isHurt = audit.findings.some(
        (finding) => finding.vault === vault && finding.backupId === backupId,
      );
      return !isHurt && backups.some((entry) => entry.backupId === backupId);
    });
    made += await parts.data.writing(controlActor, async (env) => {
      if ((await env.of(Backup).count([["key", "=", backupId]])) > 0) return 0;
      const now = Temporal.Instant.fromEpochMilliseconds(env.clock.now());
      const [id] = await env.of(Backup).create([
        {
          key: backupId,
          database_id: databaseId,
          database_name: name,
          tenant_id: tenantId,
          // Written when each copy had been read back; the next reading confirms it.
          state: holders.length === audit.catalogs.length && holders.length >= 3 ? "stored" : "partial",
          taken_at: Temporal.Instant.from(takenAt),
          stored_at: now,
          bytes: String(bytes),
          sha256,
        },
      ]);
      await env.of(BackupCopy).create(
        holders.map(({ vault }) => ({
          backup_id: present(id, "a backup"),
          vault,
          state: "stored" as const,
          bytes: String(bytes),
          sha256,
        })),
      );
      return 1;
    });
  }
  const newest = newestEntry(audit);
  if (newest !== undefined)
    await parts.data.writing(controlActor, (env) =>
      env.of(Database).write([databaseId], { last_stored_at: Temporal.Instant.from(newest.takenAt) }),
    );
  return made;
}
