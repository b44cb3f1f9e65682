import type { Readable } from "node:stream";
import { present } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import { newId, parseId, type TenantId } from "@holdfast/kernel/id";
import { Backup, BackupTransfer } from "@holdfast/panel/backup";
import { Database } from "@holdfast/panel/database";
import { requestDeletion } from "@holdfast/panel/request";
import { requestRestoreOver } from "@holdfast/panel/restore-requests";
import { signedManifestSchema, verifyBackup } from "@holdfast/protocol/backup-methods";
import { type Handler, type HandlerContext, handleDownload, handleUpload } from "@holdfast/protocol/serve";
import {
  downloadBackup,
  exportBackup,
  importBackup,
  type Owner,
  uploadBackup,
  uploadNewCustomer,
} from "@holdfast/protocol/transfer-methods";
import type { z } from "zod";
import { controlActor } from "../actor.ts";
import { keepCopies } from "../backup-copies.ts";
import type { ControlContext } from "../context.ts";
import { keepWritten } from "../kinds/take-backup.ts";
import { endImport } from "../left-imports.ts";
import type { Parts } from "../parts.ts";
import { addCustomer } from "./customers.ts";
import { follow } from "./follow.ts";
import { UploadPlaces } from "./upload-places.ts";

/** A manifest longer than this does not travel with the request: the agent reads it from the vaults. */
const manifestBytes = 700_000;

/** Backups as zips, out and in: for customers of their own alone, for operators of any. Claim BAK-4. */
export function transferHandlers(context: ControlContext): Handler[] {
  const { parts } = context;
  const places = new UploadPlaces();
  return [
    handleDownload(downloadBackup, async ({ of, backupId, by, fromByte, toByte }, { signal }) => {
      const owner = await ownerOf(parts, of);
      const backup = await backupOf(parts, owner, backupId);
      // Written down before the first byte: who breaks off has had some of it.
      await note(parts, owner, { kind: "download", backupId: backup.id, by, fromByte });
      const { head, body } = await parts.agentBytes.download(
        exportBackup,
        { tenantId: owner.tenantId, backupId, fromByte, toByte, ...signedOf(backup.manifest) },
        { signal },
      );
      const stamp = backup.taken_at.toString().slice(0, 16).replace(/[:T]/g, "-");
      return { head: { ...head, backupId, fileName: `${owner.name}-${stamp}.zip` }, body };
    }),
    handleUpload(uploadBackup, ({ of, by }, { body, signal }) =>
      takeIn(parts, places, { of, by, body, signal }),
    ),
    handleUpload(uploadNewCustomer, (input, { body, signal, progress }) =>
      takeInAsNew(context, places, { ...input, body, signal, progress }),
    ),
  ];
}

type NewCustomer = z.output<(typeof uploadNewCustomer)["input"]>;

/**
 * Making the customer and letting it go again do not end with whoever asked: nothing half-made is left. What the
 * restore replaces is empty, and kept all the same: no safety backup of it is taken.
 */
async function takeInAsNew(
  context: ControlContext,
  places: UploadPlaces,
  {
    customer,
    email,
    by,
    ...upload
  }: NewCustomer & { readonly body: Readable } & Pick<HandlerContext, "signal" | "progress">,
) {
  const { parts, runner } = context;
  const toItsEnd = async (operation: number) =>
    follow(operation, { parts, runner, signal: new AbortController().signal, progress: upload.progress });
  const wish = { name: customer, plan: "trial", email, demoData: false } as const;
  const { operationId } = await toItsEnd(await addCustomer(context, wish));
  // Nobody signs in with it: the logins of the backup come.
  context.secretOf(operationId);
  const { id: databaseId } = await ownerOf(parts, { customer });
  try {
    const taken = await takeIn(parts, places, {
      of: { customer },
      by,
      body: upload.body,
      signal: upload.signal,
    });
    await parts.data.writing(controlActor, async (env) => {
      const [backupId = 0] = await env.of(Backup).search([["key", "=", taken.backupId]]);
      const over = { databaseId, backupId, confirm: customer, by, withoutSafetyBackup: true };
      return requestRestoreOver(env, over);
    });
    runner.wake();
    return taken;
  } catch (error) {
    await toItsEnd(await parts.data.writing(controlActor, (env) => requestDeletion(env, databaseId)));
    throw error;
  }
}

interface Incoming {
  readonly of: Owner;
  readonly by: string;
  readonly body: Readable;
  readonly signal: AbortSignal;
}

async function takeIn(parts: Parts, places: UploadPlaces, incoming: Incoming) {
  const owner = await ownerOf(parts, incoming.of);
  return places.while(owner, () => takeInFor(parts, owner, incoming));
}

/** The row first, so that what a crash leaves is seen; whatever fails leaves it as failed and no object. */
async function takeInFor(parts: Parts, owner: OwningDatabase, { of, by, body, signal }: Incoming) {
  const key = newId<"backup">(parts.clock.now(), parts.random.bytes(10));
  const id = await parts.data.writing(controlActor, async (env) => {
    const [row] = await env.of(Backup).create([
      {
        key,
        database_id: owner.id,
        database_name: owner.name,
        tenant_id: owner.tenantId,
        taken_at: Temporal.Instant.fromEpochMilliseconds(env.clock.now()),
        origin: "imported",
        origin_note: `by ${by}`.slice(0, 400),
      },
    ]);
    return present(row, "the new backup");
  });
  await note(parts, owner, { kind: "import", backupId: id, by, fromByte: 0 });
  try {
    const input = {
      tenantId: owner.tenantId,
      backupId: key,
      name: owner.name,
      vouched: "customer" in of,
    };
    const taken = await parts.agentBytes.upload(importBackup, { input, body }, { signal });
    await parts.data.writing(controlActor, async (env) => {
      await keepWritten(env, id, { ...taken, takenAt: Temporal.Instant.from(taken.takenAt) });
      const note = `${taken.from.name} at ${taken.from.takenAt}, by ${by}`.slice(0, 400);
      await env.of(Backup).write([id], {
        origin_note: note,
        // Only an operator's word, or of oneself: a zip can say that it is of anybody, and who was erased there is
        // nobody else's to ask.
        origin_tenant:
          "customer" in of || taken.from.tenantId === owner.tenantId
            ? (parseId<"tenant">(taken.from.tenantId) ?? null)
            : null,
      });
    });
    const { sha256, takenAt: at } = taken;
    const read = { tenantId: owner.tenantId, backupId: key, sha256, takenAt: at, imported: true };
    const { copies } = await parts.agent(verifyBackup, read, { signal });
    const state = await keepCopies(parts, { backupId: id, copies });
    const { name, takenAt } = taken.from;
    return { backupId: key, state, summary: taken.summary, from: { name, takenAt } };
  } catch (error) {
    await endImport(parts, id);
    throw error;
  }
}

interface OwningDatabase {
  readonly id: number;
  readonly name: string;
  readonly tenantId: TenantId;
}

/** @throws ExpectedError `not_found`; a tenant is only ever found by its own id, which its host name gave. */
async function ownerOf(parts: Parts, of: Owner): Promise<OwningDatabase> {
  const domain =
    "customer" in of ? (["name", "=", of.customer] as const) : (["tenant_id", "=", of.tenantId] as const);
  const [row] = await parts.data
    .reading(controlActor)
    .of(Database)
    .searchRead([domain], ["name", "tenant_id"], { limit: 1 });
  if (!row)
    throw "customer" in of
      ? new ExpectedError("not_found", `there is no database "${of.customer}"`, {
          hint: "bin/holdfast customer list",
        })
      : new ExpectedError("not_found", "there is no such database");
  return { id: row.id, name: row.name, tenantId: present(parseId<"tenant">(row.tenant_id), "a tenant id") };
}

async function backupOf(parts: Parts, owner: OwningDatabase, key: string) {
  const [backup] = await parts.data
    .reading(controlActor)
    .of(Backup)
    .searchRead(
      [
        ["key", "=", key],
        ["tenant_id", "=", owner.tenantId],
        ["state", "in", ["stored", "partial", "damaged"]],
      ],
      ["taken_at", "manifest"],
      { limit: 1 },
    );
  if (!backup) throw new ExpectedError("not_found", `there is no such backup of "${owner.name}"`);
  return backup;
}

function signedOf(manifest: unknown) {
  const signed = signedManifestSchema.safeParse(manifest);
  return signed.success && signed.data.text.length < manifestBytes ? { signed: signed.data } : {};
}

interface Transfer {
  readonly kind: "download" | "import";
  readonly backupId: number;
  readonly by: string;
  readonly fromByte: number;
}

async function note(parts: Parts, owner: OwningDatabase, { kind, backupId, by, fromByte }: Transfer) {
  await parts.data.writing(controlActor, (env) =>
    env.of(BackupTransfer).create([
      {
        backup_id: backupId,
        tenant_id: owner.tenantId,
        database_name: owner.name,
        kind,
        by,
        at: Temporal.Instant.fromEpochMilliseconds(env.clock.now()),
        from_byte: String(fromByte),
      },
    ]),
  );
  parts.log("info", `backup ${kind}`, { of: owner.name, by, fromByte });
}
