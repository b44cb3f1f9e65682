import { present } from "@holdfast/kernel/assert";
import { type BackupId, parseId, type TenantId } from "@holdfast/kernel/id";
import { Backup, BackupCopy } from "@holdfast/panel/backup";
import { Customer, isProbeName, plans } from "@holdfast/panel/customer";
import { Database } from "@holdfast/panel/database";
import { inventory } from "@holdfast/protocol/agent-methods";
import { describeBackup } from "@holdfast/protocol/backup-methods";
import type { OutputOf } from "@holdfast/protocol/method";
import type { rebuildCatalog } from "@holdfast/protocol/retention-methods";
import { auditCatalog, listKeys } from "@holdfast/protocol/vault-methods";
import { controlActor } from "./actor.ts";
import { firstBatch, keysOf } from "./kinds/data-key.ts";
import type { Parts } from "./parts.ts";

type Rebuilt = OutputOf<typeof rebuildCatalog>;
type Audit = OutputOf<typeof auditCatalog>;
type Head = OutputOf<typeof describeBackup>["head"];

/**
 * Writes down again what the control database has lost and the vaults' signed catalogs know: for each key in the
 * keystore the customer, its database, its backups. Needs nothing but the vaults, the keystore and the root key. What is
 * known already stays as it is; safe to run twice.
 *
 * Plan and e-mail address come from the newest backup that is no import, as they were when it was taken; a legal hold
 * from the signed catalogs; of an import, from whom it says that it comes, from its sealed head.
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
    // Its canary, what drills and saboteurs made: this installation has its own, under the same names.
    if (isProbeName(described.head.name)) continue;
    const keys = await keysOf(parts, tenantId);
    const isThere = databases.some((database) => database.tenantId === tenantId);
    const made = await parts.data.writing(controlActor, (env) =>
      ensureCustomer(env, {
        tenantId,
        head: described.head,
        held: audit.catalogs.flatMap(({ held }) => held ?? [])[0],
        keys,
        url: isThere ? parts.urlOf(described.head.name) : null,
      }),
    );
    rebuilt.customers += 1;
    rebuilt.customersMade += made.isNew ? 1 : 0;
    rebuilt.findings.push(
      ...audit.findings.map(({ backupId = null, ...finding }) => ({
        ...finding,
        customer: made.name,
        backupId,
      })),
    );
    rebuilt.backupsMade += await ensureBackups(parts, {
      tenantId,
      name: made.name,
      databaseId: made.databaseId,
      audit,
    });
  }
  return rebuilt;
}

/** Of an import its own head tells the origin; one that cannot be read now is an import all the same. */
async function originOf(parts: Parts, ref: { readonly tenantId: TenantId; readonly backupId: BackupId }) {
  const described = await parts.agent(describeBackup, ref).catch(() => undefined);
  const origin = described?.head.origin;
  if (origin === undefined) return { origin: "imported" } as const;
  return {
    origin: "imported",
    origin_note: `${origin.name} at ${origin.takenAt}`.slice(0, 400),
    origin_tenant: origin.vouched ? (parseId<"tenant">(origin.tenantId) ?? null) : null,
  } as const;
}

/** An import is no guide to what the customer is: whoever made the zip dated it. */
function newestEntry({ catalogs }: Audit) {
  const all = catalogs.flatMap(({ backups }) => backups);
  const own = all.filter(({ imported }) => imported !== true);
  return (own.length > 0 ? own : all).reduce<Audit["catalogs"][number]["backups"][number] | undefined>(
    (newest, entry) => (newest === undefined || entry.takenAt > newest.takenAt ? entry : newest),
    undefined,
  );
}

type Writing = Parameters<Parameters<Parts["data"]["writing"]>[1]>[0];

interface LostCustomer {
  readonly tenantId: TenantId;
  readonly head: Head;
  readonly url: string | null;
  readonly held: { readonly since: string; readonly reason: string } | undefined;
  readonly keys: Awaited<ReturnType<typeof keysOf>>;
}

async function ensureCustomer(
  env: Writing,
  { tenantId, head, url, held, keys }: LostCustomer,
): Promise<{ readonly databaseId: number; readonly name: string; readonly isNew: boolean }> {
  const [known] = await env.of(Database).searchRead([["tenant_id", "=", tenantId]], ["name"]);
  if (known !== undefined) return { databaseId: known.id, name: known.name, isNew: false };
  const name = await freeName(env, head.name);
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
  if (held !== undefined) {
    const held_since = Temporal.Instant.from(held.since);
    await env.of(Customer).write([customerId], { held_since, hold_reason: held.reason });
  }
  const [databaseId] = await env.of(Database).create([
    {
      name,
      tenant_id: tenantId,
      customer_id: customerId,
      apps: head.apps.map((app) => app.name),
      // What has no database any more is restored from a backup; what has one serves again after the next start.
      state: url === null ? "failed" : "running",
      url,
      ...keys,
      // How far files were sealed anew nobody knows: all are looked at again.
      ...(keys.former_keys.length > 0 ? { reseal_after: firstBatch } : {}),
    },
  ]);
  return { databaseId: present(databaseId, "a database"), name, isNew: true };
}

/** What a lost database is called: as it was, unless a customer was made under that name meanwhile. */
async function freeName(env: Writing, name: string): Promise<string> {
  const tries = [name, ...Array.from({ length: 99 }, (_, at) => `${name.slice(0, 32)}-lost${at || ""}`)];
  const taken = await env.of(Database).searchRead([["name", "in", tries]], ["name"]);
  return present(
    tries.find((one) => taken.every((other) => other.name !== one)),
    "a free name",
  );
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
  for (const { backupId, takenAt, bytes, sha256, imported } of entries.values()) {
    const origin = imported ? await originOf(parts, { tenantId, backupId }) : {};
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
          ...origin,
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
