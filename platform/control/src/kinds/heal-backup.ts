import { ExpectedError } from "@holdfast/kernel/errors";
import { Backup } from "@holdfast/panel/backup";
import { healBackup as heal } from "@holdfast/protocol/backup-methods";
import { controlActor } from "../actor.ts";
import { operationKind, type StepContext } from "../operations/step.ts";
import { readBack } from "./read-back.ts";
import { type CopiesSubject, copiesSubject } from "./subject.ts";

/**
 * Makes a backup whole again: an intact copy's bytes go to the vaults whose copy is damaged or missing.
 * Nothing is undone: every copy that came to be is one more. Source: claim BAK-2.
 */
export const healBackup = operationKind<CopiesSubject>({
  kind: "backup.heal",
  input: copiesSubject,
  steps: [{ name: "copy what is whole to where it is not", run: copyWhole }, readBack],
});

async function copyWhole({ input, parts, signal, progress }: StepContext<CopiesSubject>) {
  const [backup] = await parts.data.reading(controlActor).of(Backup).read([input.backupId], ["sha256"]);
  if (!backup?.sha256)
    throw new ExpectedError("conflict", "nobody knows what this backup's bytes were", {
      hint: "take another backup",
    });
  const healed = await parts.agent(
    heal,
    { tenantId: input.tenantId, backupId: input.key, sha256: backup.sha256 },
    { signal, onProgress: progress },
  );
  return { ...healed };
}
