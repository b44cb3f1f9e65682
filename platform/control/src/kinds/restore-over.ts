import { installApps, settleRestored } from "@holdfast/framework/modules/install";
import { ExpectedError } from "@holdfast/kernel/errors";
import { Backup } from "@holdfast/panel/backup";
import { Database } from "@holdfast/panel/database";
import { compareBackup, loadBackup } from "@holdfast/protocol/backup-methods";
import { backupIdSchema, tenantIdSchema } from "@holdfast/protocol/ids";
import { beginBeside, discardBeside, swapIn } from "@holdfast/protocol/restore-methods";
import { z } from "zod";
import { controlActor } from "../actor.ts";
import { operationKind, type Step, type StepContext } from "../operations/step.ts";
import { examine, refuseUnready } from "../restore-preflight.ts";
import { formerKeptMs } from "../restore-times.ts";
import { noteProven } from "./note-proven.ts";
import { readBack } from "./read-back.ts";
import { discardBackup, writeBackup } from "./take-backup.ts";

const input = z.object({
  databaseId: z.number().int(),
  tenantId: tenantIdSchema,
  name: z.string(),
  apps: z.array(z.string()),
  backupId: z.number().int(),
  key: backupIdSchema,
  /** Null: an operator wants none, since the live database is too damaged to be backed up. */
  safetyBackupId: z.number().int().nullable(),
  safetyKey: backupIdSchema,
});
type Input = z.output<typeof input>;

const readSchema = z.object({ copies: z.array(z.object({ state: z.string() })) });

/**
 * Puts a backup in the live database's place. Until the swap everything happens beside it, so that cancelling, or
 * any failure, leaves it as it was. What is written meanwhile stays in the former database, which is kept for
 * undoing. Source: claim BAK-5, decision "restore over live".
 */
export const restoreOver = operationKind<Input>({
  kind: "backup.restore_over",
  input,
  steps: [
    {
      name: "check that it can be done",
      run: async ({ input, parts, signal, progress }) => {
        const examined = await examine(parts, { ...input, signal, progress });
        refuseUnready(examined);
        return { forecastSeconds: examined.forecastSeconds };
      },
    },
    { name: "take a safety backup", run: takeSafety, undo: dropSafety },
    {
      name: "make a database beside the live one",
      run: async ({ input, parts }) => void (await parts.agent(beginBeside, { tenantId: input.tenantId })),
      undo: async ({ input, parts }) => void (await parts.agent(discardBeside, { tenantId: input.tenantId })),
    },
    { name: "load rows and files", run: loadBeside },
    { name: "compare with the manifest", run: compareBeside },
    {
      name: "put constraints and indexes on",
      run: ({ input, parts }) =>
        parts.tenants.syncSchema(input.tenantId, input.apps, "constraints", "beside"),
    },
    { name: "note that the backup is proven", run: ({ input, parts }) => noteProven(parts, input.backupId) },
    { name: "leave out what was taken away since", run: settle },
    { name: "swap the databases", irreversible: true, run: swap },
    { name: "note the restore", run: note },
  ] satisfies Step<Input>[],
});

/**
 * Read back, not only written: what one may have to go back to must be whole. A vault that is away holds no restore
 * up, since the live database itself is kept for undoing too.
 */
async function takeSafety(context: StepContext<Input>) {
  const safety = safetyOf(context);
  if (safety === undefined) return { safetyBackup: null };
  const [backup] = await context.parts.data
    .reading(controlActor)
    .of(Backup)
    .read([safety.input.backupId], ["state"]);
  if (backup?.state !== "stored" && backup?.state !== "partial") {
    await writeBackup(safety);
    const { copies } = readSchema.parse(await readBack.run(safety));
    if (!copies.some(({ state }) => state === "stored") || copies.some(({ state }) => state === "damaged"))
      throw new ExpectedError("conflict", "the safety backup is not whole where it was written", {
        hint: "look at the vaults; the live database is untouched",
      });
  }
  return { safetyBackup: safety.input.key };
}

async function dropSafety(context: StepContext<Input>): Promise<void> {
  const safety = safetyOf(context);
  if (safety !== undefined) await discardBackup(safety);
}

function safetyOf(context: StepContext<Input>) {
  const { safetyBackupId, safetyKey, ...input } = context.input;
  if (safetyBackupId === null) return undefined;
  return { ...context, input: { ...input, backupId: safetyBackupId, key: safetyKey } };
}

/** Begins from an empty database each time: a load that died half-way leaves rows behind. */
async function loadBeside({ input, parts, signal, progress }: StepContext<Input>) {
  const { tenantId, apps } = input;
  await parts.agent(beginBeside, { tenantId });
  await parts.tenants.syncSchema(tenantId, apps, "tables", "beside");
  const begun = parts.clock.now();
  const { vault, refused, summary } = await parts.agent(
    loadBackup,
    { tenantId, backupId: input.key, targetTenantId: tenantId, slot: "beside" },
    { signal, onProgress: progress },
  );
  return { vault, refused, summary, loadMilliseconds: parts.clock.now() - begun };
}

async function compareBeside({ input, parts, signal, progress }: StepContext<Input>) {
  const { equal, differences } = await parts.agent(
    compareBackup,
    { tenantId: input.tenantId, backupId: input.key, targetTenantId: input.tenantId, slot: "beside" },
    { signal, onProgress: progress },
  );
  if (equal) return { equal, differences: [] };
  throw new ExpectedError(
    "conflict",
    `what was restored differs from the manifest: ${differences[0] ?? ""}`,
    {
      hint: "restore another backup; the live database is untouched",
      details: { differences },
    },
  );
}

/** Base data of a newer version, erased persons, lost rights: before anybody sees the rows. */
async function settle({ input, parts }: StepContext<Input>): Promise<void> {
  const { tenantId, apps } = input;
  const [backup] = await parts.data.reading(controlActor).of(Backup).read([input.backupId], ["origin"]);
  // The people of an import are others than those of today: their keys end, their passwords are their own.
  const isImported = backup?.origin === "imported";
  const open = isImported ? Promise.resolve(null) : parts.tenants.open(tenantId, apps);
  const today = await open.catch((error: unknown) => {
    parts.log("warn", "the live database cannot be opened; every API key ends", { error });
    return null;
  });
  try {
    await parts.tenants.withData(
      tenantId,
      apps,
      async (data) => {
        await installApps(data);
        await settleRestored(data, today);
      },
      "beside",
    );
  } finally {
    await today?.close();
  }
}

async function swap({ input, parts, signal, progress }: StepContext<Input>) {
  const begun = parts.clock.now();
  await parts.agent(swapIn, { tenantId: input.tenantId }, { signal, onProgress: progress });
  const swappedAt = parts.clock.now();
  return { swappedAt: new Date(swappedAt).toISOString(), swapMilliseconds: swappedAt - begun };
}

async function note({ input, parts, memory }: StepContext<Input>) {
  const swappedAt = Temporal.Instant.from(String(memory["swappedAt"]));
  const until = swappedAt.add({ milliseconds: formerKeptMs });
  await parts.data.writing(controlActor, (env) =>
    env.of(Database).write([input.databaseId], {
      restored_at: swappedAt,
      restored_key: input.key,
      former_until: until,
      schema_digest: parts.catalog.registry(input.apps).schemaDigest,
    }),
  );
  return { undoUntil: until.toString() };
}
