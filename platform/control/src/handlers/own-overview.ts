import { present } from "@holdfast/kernel/assert";
import { parseId, type TenantId } from "@holdfast/kernel/id";
import { Backup, BackupTransfer } from "@holdfast/panel/backup";
import { Operation } from "@holdfast/panel/operation";
import { Vault } from "@holdfast/panel/vault";
import type { OwnBackup } from "@holdfast/protocol/self-service-methods";
import { controlActor } from "../actor.ts";
import { backupAges } from "../backup-schedule.ts";
import type { Parts } from "../parts.ts";
import { alarmsOf } from "./own-findings.ts";
import { operationsOf } from "./own-operations.ts";
import { copiesShown, type databaseOf } from "./own-records.ts";
import { backupRows } from "./rows.ts";

const shown = { backups: 200, operations: 5, transfers: 20 } as const;

type Owned = Awaited<ReturnType<typeof databaseOf>>;

/** All that the page of a customer's backups shows. */
export async function overview(parts: Parts, database: Owned) {
  const env = parts.data.reading(controlActor);
  const tenantId = present(parseId<"tenant">(database.tenant_id), "a tenant id");
  const operations = await env
    .of(Operation)
    .search([["database_id", "=", database.id]], { limit: shown.operations });
  const transfers = await env
    .of(BackupTransfer)
    .searchRead([["tenant_id", "=", tenantId]], ["kind", "by", "at"], { limit: shown.transfers });
  return {
    name: database.name,
    lastStoredAt: database.last_stored_at?.toString() ?? null,
    lastProvenAt: database.last_proven_at?.toString() ?? null,
    standing: standingOf(database.last_stored_at, parts.clock.now()),
    alarms: await alarmsOf(parts, database.id),
    restoredAt: database.restored_at?.toString() ?? null,
    undoUntil: database.former_until?.toString() ?? null,
    backups: await ownRows(parts, tenantId),
    copies: await copiesShown(parts, tenantId),
    operations: await operationsOf(parts, operations),
    transfers: transfers.map(({ kind, by, at }) => ({ kind, by, at: at.toString() })),
  };
}

function standingOf(lastStored: Temporal.Instant | null, nowMs: number): "well" | "late" | "broken" | "none" {
  if (lastStored === null) return "none";
  const ageMs = nowMs - lastStored.epochMilliseconds;
  return ageMs >= backupAges.breachMs ? "broken" : ageMs >= backupAges.warnMs ? "late" : "well";
}

async function ownRows(parts: Parts, tenantId: TenantId): Promise<OwnBackup[]> {
  const env = parts.data.reading(controlActor);
  const rows = await env.of(Backup).searchRead(
    [
      ["tenant_id", "=", tenantId],
      ["state", "not in", ["failed", "locked"]],
    ],
    [
      "key",
      "taken_at",
      "state",
      "origin",
      "origin_note",
      "stored_at",
      "proven_at",
      "proof_error",
      "bytes",
      "rows",
      "files",
    ],
    { limit: shown.backups },
  );
  const vaults = await env.of(Vault).searchRead([], ["name", "city", "country"]);
  const place = new Map(vaults.map((vault) => [vault.name, vault]));
  const full = new Map(
    (await backupRows(parts.data, { tenantId })).map(({ backupId, copies }) => [backupId as string, copies]),
  );
  return rows.map((row) => ({
    backupId: present(parseId<"backup">(row.key), "a backup id"),
    takenAt: row.taken_at.toString(),
    state: row.state,
    origin: row.origin,
    originNote: row.origin_note,
    storedAt: row.stored_at?.toString() ?? null,
    provenAt: row.proven_at?.toString() ?? null,
    proofError: row.proof_error,
    bytes: row.bytes === null ? null : Number(row.bytes),
    rows: row.rows,
    files: row.files,
    copies: (full.get(row.key) ?? []).map((state) => ({
      state,
      city: place.get(state.vault)?.city ?? state.vault,
      country: place.get(state.vault)?.country ?? "",
    })),
  }));
}
