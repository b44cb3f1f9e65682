import { installApps, settleRestored } from "@holdfast/framework/modules/install";
import { Database } from "@holdfast/panel/database";
import { backupIdSchema } from "@holdfast/protocol/ids";
import { swapIn } from "@holdfast/protocol/restore-methods";
import { z } from "zod";
import { controlActor } from "../actor.ts";
import { isForeign } from "../foreign-backup.ts";
import { operationKind, type Step, type StepContext } from "../operations/step.ts";
import { examine, refuseUnready } from "../restore-preflight.ts";
import { formerKeptMs } from "../restore-times.ts";
import { besideSteps } from "./beside.ts";
import { noteProven } from "./note-proven.ts";
import { discardSafety, safetyStep } from "./safety.ts";
import { backupSubject } from "./subject.ts";

const input = backupSubject.extend({
  /** Null: an operator wants none, since the live database is too damaged to be backed up. */
  safetyBackupId: z.number().int().nullable(),
  safetyKey: backupIdSchema,
});
type Input = z.output<typeof input>;

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
      undo: discardSafety,
    },
    safetyStep,
    ...besideSteps,
    { name: "note that the backup is proven", run: ({ input, parts }) => noteProven(parts, input.backupId) },
    { name: "leave out what was taken away since", run: settle },
    { name: "swap the databases", irreversible: true, run: swap },
    { name: "note the restore", run: note },
  ] satisfies Step<Input>[],
});

/** Base data of a newer version, erased persons, lost rights: before anybody sees the rows. */
async function settle({ input, parts }: StepContext<Input>): Promise<void> {
  const { tenantId, apps } = input;
  // The people of another's import are others than those of today: their keys end, their passwords are their own.
  const open = (await isForeign(parts, input)) ? Promise.resolve(null) : parts.tenants.open(tenantId, apps);
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
