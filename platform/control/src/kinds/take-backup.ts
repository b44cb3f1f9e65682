import { Backup, BackupCopy } from "@holdfast/panel/backup";
import { Database } from "@holdfast/panel/database";
import {
  listBackups,
  removeBackup,
  takeBackup as take,
  verifyBackup,
} from "@holdfast/protocol/backup-methods";
import { backupIdSchema, tenantIdSchema } from "@holdfast/protocol/ids";
import { z } from "zod";
import { controlActor } from "../actor.ts";
import { keepCopies } from "../backup-copies.ts";
import { operationKind, type StepContext } from "../operations/step.ts";
import { codeVersion } from "../version.ts";

const input = z.object({
  databaseId: z.number().int(),
  tenantId: tenantIdSchema,
  name: z.string(),
  backupId: z.number().int(),
  key: backupIdSchema,
  apps: z.array(z.string()),
});
type Input = z.output<typeof input>;

/** One backup: written to every vault, then read back from every vault. Only then is it *stored*. */
export const takeBackup = operationKind<Input>({
  kind: "backup.take",
  input,
  steps: [
    { name: "write it to every vault", run: write, undo: discard },
    { name: "read it back from every vault", run: readBack },
  ],
});

async function write({ input, parts, signal, progress }: StepContext<Input>) {
  await removeLeftovers({ input, parts });
  const taken = await parts.agent(
    take,
    {
      tenantId: input.tenantId,
      backupId: input.key,
      head: { name: input.name, apps: parts.catalog.versions(input.apps), codeVersion },
    },
    { signal, onProgress: progress },
  );
  await parts.data.writing(controlActor, async (env) => {
    await env.of(Backup).write([input.backupId], {
      bytes: String(taken.bytes),
      sha256: taken.sha256,
      tables: taken.summary.tables,
      rows: taken.summary.rows,
      files: taken.summary.files,
      summary: taken.summary,
    });
    const old = await env.of(BackupCopy).search([["backup_id", "=", input.backupId]]);
    await env.of(BackupCopy).unlink(old);
    await env.of(BackupCopy).create(
      taken.copies.map((copy) => ({
        backup_id: input.backupId,
        vault: copy.vault,
        bytes: String(copy.bytes),
        sha256: copy.sha256,
      })),
    );
  });
  return { sha256: taken.sha256 };
}

async function readBack({ input, parts, memory, signal, progress }: StepContext<Input>) {
  const { copies } = await parts.agent(
    verifyBackup,
    { tenantId: input.tenantId, backupId: input.key, sha256: String(memory["sha256"]) },
    { signal, onProgress: progress },
  );
  const state = await keepCopies(parts, { backupId: input.backupId, copies });
  await parts.data.writing(controlActor, async (env) => {
    if (state === "stored")
      await env.of(Database).write([input.databaseId], {
        last_stored_at: Temporal.Instant.fromEpochMilliseconds(env.clock.now()),
      });
  });
  return { state, copies };
}

/** A crash in the middle of writing leaves at most objects of this very backup; they are made anew. */
async function removeLeftovers({ input, parts }: Pick<StepContext<Input>, "input" | "parts">): Promise<void> {
  const { objects } = await parts.agent(listBackups, { tenantId: input.tenantId });
  if (objects.some((object) => object.backupId === input.key))
    await parts.agent(removeBackup, { tenantId: input.tenantId, backupId: input.key });
}

async function discard({ input, parts }: StepContext<Input>): Promise<void> {
  await removeLeftovers({ input, parts });
  await parts.data.writing(controlActor, (env) =>
    env.of(Backup).write([input.backupId], { state: "failed" }),
  );
}
