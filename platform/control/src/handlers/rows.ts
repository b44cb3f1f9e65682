import type { DataSource, DomainOf } from "@holdfast/framework/model/environment";
import { present } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import { type BackupId, type OperationId, parseId } from "@holdfast/kernel/id";
import { Backup, BackupCopy } from "@holdfast/panel/backup";
import { Customer as CustomerModel } from "@holdfast/panel/customer";
import { Database } from "@holdfast/panel/database";
import { Operation } from "@holdfast/panel/operation";
import { backupSummarySchema, type CopyState } from "@holdfast/protocol/backup-methods";
import type { backupSchema, Customer, operationSchema } from "@holdfast/protocol/control-methods";
import type { z } from "zod";
import { controlActor } from "../actor.ts";

type BackupRow = z.output<typeof backupSchema>;
type OperationRow = z.output<typeof operationSchema>;

/** Most rows that a list of the command line shows. */
const maxRows = 1_000;

/** Databases as the command line speaks of them: live ones and copies. */
export async function customerRows(data: DataSource, name?: string): Promise<Customer[]> {
  const env = data.reading(controlActor);
  const databases = await env
    .of(Database)
    .searchRead(
      name === undefined ? [] : [["name", "=", name]],
      [
        "name",
        "tenant_id",
        "customer_id",
        "state",
        "apps",
        "url",
        "neutralized",
        "create_date",
        "last_stored_at",
        "last_proven_at",
      ],
      { limit: maxRows },
    );
  const customerIds = [...new Set(databases.map((database) => database.customer_id.id))];
  const customers = await env.of(CustomerModel).read(customerIds, ["plan"]);
  return databases.map((database) => ({
    name: database.name,
    tenantId: present(parseId<"tenant">(database.tenant_id), "a tenant id"),
    url: database.url ?? "https://unopened.invalid",
    plan: present(
      customers.find(({ id }) => id === database.customer_id.id),
      "the customer of a database",
    ).plan,
    state: database.state,
    neutralized: database.neutralized,
    apps: database.apps as string[],
    createdAt: database.create_date.toString(),
    lastStoredBackupAt: database.last_stored_at?.toString() ?? null,
    lastProvenBackupAt: database.last_proven_at?.toString() ?? null,
  }));
}

/** @throws ExpectedError `not_found`. */
export async function customerRow(data: DataSource, name: string): Promise<Customer> {
  const [row] = await customerRows(data, name);
  if (!row)
    throw new ExpectedError("not_found", `there is no database "${name}"`, {
      hint: "bin/holdfast customer list",
    });
  return row;
}

/** @throws ExpectedError `not_found`. */
export async function databaseIdOf(data: DataSource, name: string): Promise<number> {
  const [id] = await data
    .reading(controlActor)
    .of(Database)
    .search([["name", "=", name]]);
  if (id === undefined)
    throw new ExpectedError("not_found", `there is no database "${name}"`, {
      hint: "bin/holdfast customer list",
    });
  return id;
}

/** Backups, newest first. */
export async function backupRows(
  data: DataSource,
  filter: { readonly name?: string; readonly id?: number; readonly tenantId?: string },
): Promise<BackupRow[]> {
  const env = data.reading(controlActor);
  const domain: DomainOf<typeof Backup>[number][] = [];
  if (filter.name !== undefined) domain.push(["database_name", "=", filter.name]);
  if (filter.id !== undefined) domain.push(["id", "=", filter.id]);
  if (filter.tenantId !== undefined) domain.push(["tenant_id", "=", filter.tenantId]);
  const backups = await env
    .of(Backup)
    .searchRead(
      domain,
      [
        "key",
        "database_name",
        "taken_at",
        "state",
        "proven_at",
        "origin",
        "bytes",
        "summary",
        "delete_after",
      ],
      { limit: maxRows },
    );
  const copies = await env
    .of(BackupCopy)
    .searchRead(
      [["backup_id", "in", backups.map(({ id }) => id)]],
      ["backup_id", "vault", "state", "bytes", "sha256", "damaged_at_byte"],
      { limit: maxRows * 10 },
    );
  return backups.map((backup) => ({
    backupId: present(parseId<"backup">(backup.key), "a backup id") as BackupId,
    customer: backup.database_name,
    takenAt: backup.taken_at.toString(),
    state: backup.state,
    deleteAfter: backup.delete_after?.toString() ?? null,
    proven: backup.proven_at !== null,
    origin: backup.origin,
    bytes: backup.bytes === null ? null : Number(backup.bytes),
    summary: backup.summary === null ? null : backupSummarySchema.parse(backup.summary),
    // A copy that was written and not read back yet is nothing to rely on.
    copies: copies
      .filter((copy) => copy.backup_id.id === backup.id && copy.state !== "written")
      .map(copyState),
  }));
}

/** The backup that a command speaks of: by key, else the newest stored one. @returns its record id. */
export async function backupIdOf(data: DataSource, customer: string, key?: string): Promise<number> {
  const which: DomainOf<typeof Backup> =
    key === undefined ? [["state", "in", ["stored", "partial", "damaged"]]] : [["key", "=", key]];
  const [id] = await data
    .reading(controlActor)
    .of(Backup)
    .search([["database_name", "=", customer], ...which], { limit: 1 });
  if (id === undefined)
    throw new ExpectedError("not_found", `there is no such backup of "${customer}"`, {
      hint: `bin/holdfast backup list ${customer}`,
    });
  return id;
}

/** Operations, newest first. */
export async function operationRows(
  data: DataSource,
  filter: { readonly id?: number; readonly key?: string; readonly limit: number },
): Promise<
  (OperationRow & { readonly recordId: number; readonly result: unknown; readonly hint: string | null })[]
> {
  const domain: DomainOf<typeof Operation>[number][] = [];
  if (filter.id !== undefined) domain.push(["id", "=", filter.id]);
  if (filter.key !== undefined) domain.push(["key", "=", filter.key]);
  const rows = await data
    .reading(controlActor)
    .of(Operation)
    .searchRead(
      domain,
      [
        "key",
        "kind",
        "label",
        "state",
        "step",
        "create_date",
        "started_at",
        "ended_at",
        "error",
        "hint",
        "result",
      ],
      { limit: filter.limit },
    );
  return rows.map((row) => ({
    recordId: row.id,
    operationId: present(parseId<"operation">(row.key), "an operation id") as OperationId,
    kind: row.kind,
    subject: row.label,
    state: row.state === "pending" ? "running" : row.state,
    step: row.step,
    startedAt: (row.started_at ?? row.create_date).toString(),
    endedAt: row.ended_at?.toString() ?? null,
    message: row.error,
    hint: row.hint,
    result: row.result,
  }));
}

function copyState(copy: {
  readonly vault: string;
  readonly state: string;
  readonly bytes: string | null;
  readonly sha256: string | null;
  readonly damaged_at_byte: string | null;
}): CopyState {
  if (copy.state === "damaged")
    return {
      state: "damaged",
      vault: copy.vault,
      atByte: Number(copy.damaged_at_byte ?? 0),
      reason: "did not authenticate",
    };
  if (copy.state === "missing") return { state: "missing", vault: copy.vault };
  if (copy.state === "away") return { state: "away", vault: copy.vault, reason: "the vault did not answer" };
  return { state: "stored", vault: copy.vault, bytes: Number(copy.bytes ?? 0), sha256: copy.sha256 ?? "" };
}
