import { ExpectedError } from "@holdfast/kernel/errors";
import { Backup } from "@holdfast/panel/backup";
import { compareBackup, loadBackup } from "@holdfast/protocol/backup-methods";
import { backupIdSchema, tenantIdSchema } from "@holdfast/protocol/ids";
import { beginBeside, discardBeside } from "@holdfast/protocol/restore-methods";
import { z } from "zod";
import { controlActor } from "../actor.ts";
import { operationKind, type Step, type StepContext } from "../operations/step.ts";
import { noteProven } from "./note-proven.ts";

const input = z.object({
  databaseId: z.number().int(),
  tenantId: tenantIdSchema,
  name: z.string(),
  apps: z.array(z.string()),
  backupId: z.number().int(),
  key: backupIdSchema,
});
type Input = z.output<typeof input>;

/**
 * Proves a backup: restored into a scratch database that nobody can reach, compared row by row and file by file
 * with its manifest, its constraints put on, dropped. Whatever comes of it, nothing stays. Source: claims BAK-1, BAK-5.
 */
export const proveBackup = operationKind<Input>({
  kind: "backup.prove",
  input,
  steps: [
    {
      name: "make a scratch database",
      run: async ({ input, parts }) => void (await parts.agent(beginBeside, { tenantId: input.tenantId })),
      undo: drop,
    },
    { name: "load rows and files", run: noting(load) },
    { name: "compare with the manifest", run: noting(compare) },
    {
      name: "put constraints and indexes on",
      run: noting(({ input, parts }) =>
        parts.tenants.syncSchema(input.tenantId, input.apps, "constraints", "beside"),
      ),
    },
    { name: "drop the scratch database", run: drop },
    {
      name: "note that the backup is proven",
      run: async ({ input, parts }) => {
        await noteProven(parts, input.backupId);
        await keepFailure(parts, input.backupId, null);
      },
    },
  ],
});

async function load({ input, parts, signal, progress }: StepContext<Input>) {
  const { tenantId, apps, key: backupId } = input;
  await parts.agent(beginBeside, { tenantId });
  await parts.tenants.syncSchema(tenantId, apps, "tables", "beside");
  const begun = parts.clock.now();
  const { vault, refused, summary } = await parts.agent(
    loadBackup,
    { tenantId, backupId, targetTenantId: tenantId, slot: "beside" },
    { signal, onProgress: progress },
  );
  return { vault, refused, summary, loadMilliseconds: parts.clock.now() - begun };
}

async function compare({ input, parts, signal, progress }: StepContext<Input>) {
  const { tenantId, key: backupId } = input;
  const { equal, differences, rows, files } = await parts.agent(
    compareBackup,
    { tenantId, backupId, targetTenantId: tenantId, slot: "beside" },
    { signal, onProgress: progress },
  );
  if (equal) return { equal, rows, files };
  throw new ExpectedError(
    "conflict",
    `what was restored differs from the manifest: ${differences[0] ?? ""}`,
    {
      hint: "take another backup; this one is not proven",
      details: { differences },
    },
  );
}

async function drop({ input, parts }: StepContext<Input>): Promise<void> {
  await parts.agent(discardBeside, { tenantId: input.tenantId });
}

type Run = (context: StepContext<Input>) => ReturnType<Step<Input>["run"]>;

/** Why a backup could not be proven stays with it until it is: shown beside the age of its last proof. */
function noting(run: Run): (context: StepContext<Input>) => Promise<Readonly<Record<string, unknown>>> {
  return async (context) => {
    try {
      return (await run(context)) ?? {};
    } catch (error) {
      const isFinal = error instanceof ExpectedError && error.code !== "unavailable";
      if (isFinal && !context.signal.aborted)
        await keepFailure(context.parts, context.input.backupId, error.message);
      throw error;
    }
  };
}

function keepFailure(parts: StepContext<Input>["parts"], backupId: number, message: string | null) {
  return parts.data.writing(controlActor, (env) =>
    env.of(Backup).write([backupId], { proof_error: message?.slice(0, 1_000) ?? null }),
  );
}
