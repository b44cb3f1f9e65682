import type { Environment } from "@holdfast/framework/model/environment";
import { ExpectedError } from "@holdfast/kernel/errors";
import { Backup, BackupCopy } from "@holdfast/panel/backup";
import { Customer } from "@holdfast/panel/customer";
import { Database } from "@holdfast/panel/database";
import {
  type copiesWrittenSchema,
  removeBackup,
  type signedManifestSchema,
  takeBackup as take,
} from "@holdfast/protocol/backup-methods";
import type { z } from "zod";
import { controlActor } from "../actor.ts";
import { operationKind, type StepContext } from "../operations/step.ts";
import { codeVersion } from "../version.ts";
import { readBack } from "./read-back.ts";
import { type BackupSubject, backupSubject } from "./subject.ts";

/** What writing one backup needs to know. */
export type OneTake = Omit<BackupSubject, "databaseId">;

/** One backup: written to every vault, then read back from every vault. Only then is it *stored*. */
export const takeBackup = operationKind<BackupSubject>({
  kind: "backup.take",
  input: backupSubject,
  steps: [{ name: "write it to every vault", run: writeBackup, undo: discardBackup }, readBack],
});

/** Writes a backup to every vault and its row down; a former try's objects are removed first. */
export async function writeBackup({ input, parts, signal, progress }: StepContext<OneTake>) {
  const [backup] = await parts.data.reading(controlActor).of(Backup).read([input.backupId], ["state"]);
  if (backup?.state === "stored")
    throw new ExpectedError("conflict", `backup ${input.key} is stored; what is stored is never taken again`);
  // A former run that died may have left objects of this very backup; they are made anew.
  await parts.agent(removeBackup, { tenantId: input.tenantId, backupId: input.key });
  const takenAt = Temporal.Instant.fromEpochMilliseconds(parts.clock.now());
  const taken = await parts.agent(
    take,
    {
      tenantId: input.tenantId,
      backupId: input.key,
      head: {
        name: input.name,
        apps: parts.catalog.versions(input.apps),
        codeVersion,
        ...(await payerOf(parts.data.reading(controlActor), input.backupId)),
      },
    },
    { signal, onProgress: progress },
  );
  await parts.data.writing(controlActor, (env) => keepWritten(env, input.backupId, { ...taken, takenAt }));
  return { sha256: taken.sha256, failed: taken.failed };
}

/** Plan and address go along, sealed with the backup: from vaults alone they could not be known again. */
async function payerOf(env: Environment, backupId: number) {
  const [backup] = await env.of(Backup).read([backupId], ["database_id"]);
  if (!backup?.database_id) return {};
  const [database] = await env.of(Database).read([backup.database_id.id], ["customer_id"]);
  if (database === undefined) return {};
  const [customer] = await env.of(Customer).read([database.customer_id.id], ["name", "email", "plan"]);
  if (customer === undefined) return {};
  const { name, email, plan } = customer;
  return { customer: { name, email, plan } };
}

type Written = z.output<typeof copiesWrittenSchema> & {
  readonly takenAt: Temporal.Instant;
  readonly signed: z.output<typeof signedManifestSchema>;
};

/** Writes down what was written to the vaults; nothing of it counts before it was read back. */
export async function keepWritten(env: Environment, backupId: number, written: Written): Promise<void> {
  const { takenAt, bytes, sha256, summary, signed, copies } = written;
  const { tables, rows, files } = summary;
  await env.of(Backup).write([backupId], {
    taken_at: takenAt,
    bytes: String(bytes),
    sha256,
    tables,
    rows,
    files,
    summary,
    manifest: signed,
  });
  await forgetCopies(env, backupId);
  await env.of(BackupCopy).create(
    copies.map((copy) => ({
      backup_id: backupId,
      vault: copy.vault,
      bytes: String(copy.bytes),
      sha256: copy.sha256,
    })),
  );
}

/**
 * What was read back whole is a backup, whatever became of who asked for it: it stays. Also where the reading's answer
 * was lost: then the agent refuses, since a catalog names it, and it is read once more.
 */
export async function discardBackup(context: StepContext<OneTake>): Promise<void> {
  const { input, parts } = context;
  const [backup] = await parts.data.reading(controlActor).of(Backup).read([input.backupId], ["state"]);
  if (backup?.state === "stored" || backup?.state === "partial") return;
  try {
    await parts.agent(removeBackup, { tenantId: input.tenantId, backupId: input.key });
  } catch (error) {
    if (!(error instanceof ExpectedError) || error.code !== "conflict") throw error;
    await readBack.run(context);
    return;
  }
  await parts.data.writing(controlActor, async (env) => {
    await forgetCopies(env, input.backupId);
    await env.of(Backup).write([input.backupId], { state: "failed" });
  });
}

async function forgetCopies(env: Environment, backupId: number): Promise<void> {
  await env.of(BackupCopy).unlink(await env.of(BackupCopy).search([["backup_id", "=", backupId]]));
}
