import { ExpectedError } from "@holdfast/kernel/errors";
import { Backup } from "@holdfast/panel/backup";
import { beginBeside } from "@holdfast/protocol/restore-methods";
import { controlActor } from "../actor.ts";
import { operationKind, type Step, type StepContext } from "../operations/step.ts";
import { compareBeside, dropBeside, eraseBeside, loadBeside, shapeBeside } from "./beside.ts";
import { noteProven } from "./note-proven.ts";
import { type BackupSubject, backupSubject } from "./subject.ts";

/**
 * Proves a backup: restored into a scratch database that nobody can reach, compared row by row and file by file
 * with its manifest, its constraints put on, dropped. Whatever comes of it, nothing stays. Source: claims BAK-1, BAK-5.
 */
export const proveBackup = operationKind<BackupSubject>({
  kind: "backup.prove",
  input: backupSubject,
  steps: [
    {
      name: "make a scratch database",
      run: async ({ input, parts }) => void (await parts.agent(beginBeside, { tenantId: input.tenantId })),
      undo: dropBeside,
    },
    { name: "load rows and files", run: noting(loadBeside) },
    { name: "compare with the manifest", run: noting(compareBeside) },
    {
      name: "put constraints and indexes on",
      run: noting(async (context) => void (await shapeBeside(context))),
    },
    eraseBeside,
    { name: "drop the scratch database", run: dropBeside },
    {
      name: "note that the backup is proven",
      run: async ({ input, parts }) => {
        await noteProven(parts, input.backupId);
        await keepFailure(parts, input.backupId, null);
      },
    },
  ],
});

type Run = (context: StepContext<BackupSubject>) => ReturnType<Step<BackupSubject>["run"]>;

/** Why a backup could not be proven stays with it until it is: shown beside the age of its last proof. */
function noting(
  run: Run,
): (context: StepContext<BackupSubject>) => Promise<Readonly<Record<string, unknown>>> {
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

function keepFailure(parts: StepContext<BackupSubject>["parts"], backupId: number, message: string | null) {
  return parts.data.writing(controlActor, (env) =>
    env.of(Backup).write([backupId], { proof_error: message?.slice(0, 1_000) ?? null }),
  );
}
