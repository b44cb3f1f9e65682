import type { Environment } from "@holdfast/framework/model/environment";
import type { Row } from "@holdfast/framework/model/model";
import { present } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import { type BackupId, type OperationId, parseId, type TenantId } from "@holdfast/kernel/id";
import { Backup, BackupTransfer } from "@holdfast/panel/backup";
import { copiesOf } from "@holdfast/panel/copies";
import { copyMark } from "@holdfast/panel/customer";
import { Database } from "@holdfast/panel/database";
import { requestErasure } from "@holdfast/panel/erasure-requests";
import { Operation } from "@holdfast/panel/operation";
import { requestPartsLook, requestPartsRestore } from "@holdfast/panel/parts-requests";
import {
  copyLivesMs,
  requestBackup,
  requestCancellation,
  requestDeletion,
  requestRestore,
} from "@holdfast/panel/request";
import { requestRestoreOver, requestRestoreUndo } from "@holdfast/panel/restore-requests";
import { Vault } from "@holdfast/panel/vault";
import {
  type OwnBackup,
  type OwnOperation,
  ownBackups,
  ownCancel,
  ownErase,
  ownExtendCopy,
  ownLookAtParts,
  ownOperation,
  ownParts,
  ownPreflight,
  ownRemoveCopy,
  ownRestore,
  ownRestoreBeside,
  ownRestoreParts,
  ownTake,
  ownUndo,
} from "@holdfast/protocol/self-service-methods";
import { type Handler, handle } from "@holdfast/protocol/serve";
import { controlActor } from "../actor.ts";
import { backupAges } from "../backup-schedule.ts";
import type { ControlContext } from "../context.ts";
import type { Parts } from "../parts.ts";
import { partTables, restorableModels } from "../restorable.ts";
import { examine } from "../restore-preflight.ts";
import { alarmsOf, partsShown } from "./own-findings.ts";
import { backupRows } from "./rows.ts";

const shown = { backups: 200, operations: 5, transfers: 20 } as const;

/** A customer's own backups: every method finds only what belongs to the tenant that asks. Claims BAK-4, BAK-5. */
export function selfServiceHandlers({ parts, runner }: ControlContext): Handler[] {
  const begin = async (asked: Promise<number>): Promise<{ operationId: OperationId }> => {
    const id = await asked;
    runner.wake();
    return { operationId: (await operationOf(parts, id)).operationId };
  };
  const write = <T>(work: (env: Environment) => Promise<T>): Promise<T> =>
    parts.data.writing(controlActor, work);
  return [
    handle(ownBackups, async ({ tenantId }) => overview(parts, await databaseOf(parts, tenantId))),
    handle(ownPreflight, async ({ tenantId, backupId: key }, { signal, progress }) => {
      const database = await databaseOf(parts, tenantId);
      const backupId = await backupOf(parts, tenantId, key);
      const request = { databaseId: database.id, apps: database.apps as string[], tenantId, backupId, key };
      return examine(parts, { ...request, signal, progress });
    }),
    handle(ownTake, async ({ tenantId }) => {
      const { id } = await databaseOf(parts, tenantId);
      return begin(write((env) => requestBackup(env, id)));
    }),
    handle(ownRestore, async ({ tenantId, backupId: key, confirm, by }) => {
      const { id: databaseId } = await databaseOf(parts, tenantId);
      const backupId = await backupOf(parts, tenantId, key);
      return begin(write((env) => requestRestoreOver(env, { databaseId, backupId, confirm, by })));
    }),
    handle(ownRestoreBeside, async ({ tenantId, backupId: key, as }) => {
      const { name } = await databaseOf(parts, tenantId);
      // Host names are everybody's: a customer names copies after itself alone, as no other customer may be called.
      if (!as.startsWith(`${name}${copyMark}`))
        throw new ExpectedError("invalid", `The copy's name must begin with "${name}${copyMark}".`);
      const backupId = await backupOf(parts, tenantId, key);
      return begin(write((env) => requestRestore(env, { backupId, as })));
    }),
    handle(ownErase, async ({ tenantId, partnerId, by }) => {
      const { id: databaseId } = await databaseOf(parts, tenantId);
      return begin(write((env) => requestErasure(env, { databaseId, partnerId, by })));
    }),
    handle(ownParts, async ({ tenantId }) => {
      const { name, apps } = await databaseOf(parts, tenantId);
      return { name, models: restorableModels(parts.catalog.registry(apps as string[])) };
    }),
    handle(ownLookAtParts, async ({ tenantId, backupId: key, ...wish }) => {
      const { id: databaseId, apps } = await databaseOf(parts, tenantId);
      partTables(parts.catalog.registry(apps as string[]), wish.models);
      const backupId = await backupOf(parts, tenantId, key);
      return begin(write((env) => requestPartsLook(env, { databaseId, backupId, ...wish })));
    }),
    handle(ownRestoreParts, async ({ tenantId, backupId: key, ...wish }) => {
      const { id: databaseId, apps } = await databaseOf(parts, tenantId);
      partTables(parts.catalog.registry(apps as string[]), wish.models);
      const backupId = await backupOf(parts, tenantId, key);
      return begin(write((env) => requestPartsRestore(env, { databaseId, backupId, ...wish })));
    }),
    handle(ownUndo, async ({ tenantId, confirm, by }) => {
      const { id: databaseId } = await databaseOf(parts, tenantId);
      return begin(write((env) => requestRestoreUndo(env, { databaseId, confirm, by })));
    }),
    handle(ownOperation, ({ tenantId, operationId }) => ownedOperation(parts, tenantId, operationId)),
    handle(ownCancel, async ({ tenantId, operationId }) => {
      const { recordId, isTheirs, label } = await ownedOperation(parts, tenantId, operationId);
      if (!isTheirs)
        throw new ExpectedError("access_denied", `"${label}" is the operator's to cancel.`, {
          hint: "ask the operator",
        });
      await write((env) => requestCancellation(env, recordId));
      return operationOf(parts, recordId);
    }),
    handle(ownExtendCopy, async ({ tenantId, copy }) => {
      const id = await copyOf(parts, tenantId, copy);
      const until = Temporal.Instant.fromEpochMilliseconds(parts.clock.now() + copyLivesMs);
      await write((env) => env.of(Database).write([id], { expires_at: until, expiry_warned_at: null }));
      return present(
        (await copiesShown(parts, tenantId)).find(({ name }) => name === copy),
        "the copy",
      );
    }),
    handle(ownRemoveCopy, async ({ tenantId, copy }) => {
      const id = await copyOf(parts, tenantId, copy);
      return begin(write((env) => requestDeletion(env, id)));
    }),
  ];
}

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
async function databaseOf(parts: Parts, tenantId: TenantId) {
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

async function backupOf(parts: Parts, tenantId: TenantId, key: BackupId): Promise<number> {
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

type Owned = Awaited<ReturnType<typeof databaseOf>>;

async function overview(parts: Parts, database: Owned) {
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

/** Copies on the side of this tenant's database. */
async function copiesShown(parts: Parts, tenantId: TenantId) {
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

async function copyOf(parts: Parts, tenantId: TenantId, name: string): Promise<number> {
  const copy = (await copiesShown(parts, tenantId)).find((each) => each.name === name);
  if (!copy) throw new ExpectedError("not_found", "There is no such copy.");
  return copy.id;
}

/** @throws ExpectedError `not_found` when it is another's. A copy is its origin's. */
async function ownedOperation(parts: Parts, tenantId: TenantId, key: OperationId) {
  const env = parts.data.reading(controlActor);
  const [row] = await env.of(Operation).searchRead([["key", "=", key]], ["input"], { limit: 1 });
  const input = (row?.input ?? {}) as { tenantId?: unknown; sourceTenantId?: unknown };
  const copies = await copiesShown(parts, tenantId);
  const isOwn =
    (input.sourceTenantId ?? input.tenantId) === tenantId ||
    copies.some(({ name }) => name === (input as { name?: unknown }).name);
  if (!row || !isOwn) throw new ExpectedError("not_found", "There is no such operation.");
  return operationOf(parts, row.id);
}

/** What a customer may cancel: upgrades, deletions and the upkeep of vaults are the operator's. */
const cancelledByCustomers: ReadonlySet<string> = new Set([
  "backup.take",
  "backup.restore",
  "backup.restore_over",
  "backup.look_at_parts",
  "backup.restore_parts",
  "restore.undo",
]);

interface Found extends OwnOperation {
  readonly recordId: number;
  readonly isTheirs: boolean;
}

const operationFields = [
  "key",
  "kind",
  "label",
  "state",
  "step",
  "step_index",
  "step_count",
  "progress",
  "error",
  "hint",
  "irreversible",
  "cancel_requested",
  "result",
  "input",
] as const;

async function operationOf(parts: Parts, id: number): Promise<Found> {
  const [found] = await operationsOf(parts, [id]);
  return present(found, "the operation");
}

/** In the order of the ids: one statement for all. */
async function operationsOf(parts: Parts, ids: readonly number[]): Promise<Found[]> {
  const rows = await parts.data.reading(controlActor).of(Operation).read(ids, operationFields);
  return rows.map(shownOperation);
}

function shownOperation(operation: Row<typeof Operation, (typeof operationFields)[number]>): Found {
  const progress = operation.progress as {
    step?: string;
    done?: number;
    total?: number | null;
    unit?: string;
  } | null;
  const result = operation.result as { url?: string } | null;
  const isOpen = operation.state === "pending" || operation.state === "running";
  const isTheirs = cancelledByCustomers.has(operation.kind);
  return {
    recordId: operation.id,
    isTheirs,
    operationId: present(parseId<"operation">(operation.key), "an operation id"),
    label: operation.label,
    state: operation.state,
    step: operation.step,
    done: operation.step_index,
    total: operation.step_count,
    detail: progress?.step
      ? `${progress.step}: ${progress.done ?? 0}${progress.total ? ` of ${progress.total}` : ""} ${progress.unit ?? ""}`
      : null,
    error: operation.error,
    hint: operation.hint,
    cancellable: isTheirs && isOpen && !operation.irreversible && !operation.cancel_requested,
    url: result?.url ?? null,
    parts: partsShown(operation),
  };
}
