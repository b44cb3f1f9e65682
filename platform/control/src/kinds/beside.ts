import { ExpectedError } from "@holdfast/kernel/errors";
import type { BackupId, TenantId } from "@holdfast/kernel/id";
import { compareBackup, loadBackup } from "@holdfast/protocol/backup-methods";
import { beginBeside, discardBeside, examineRestore } from "@holdfast/protocol/restore-methods";
import { originsOf, replayErasures } from "../erasures.ts";
import type { Step, StepContext } from "../operations/step.ts";
import { recordedSchema } from "../recorded-schema.ts";

/** A backup that is restored beside its live database. */
export interface Beside {
  readonly tenantId: TenantId;
  readonly apps: readonly string[];
  readonly key: BackupId;
  readonly backupId: number;
}

/** Empty; whatever a former try left is gone. Undone, nothing stays. */
export const makeBeside: Step<Beside> = {
  name: "make a database beside the live one",
  run: async ({ input, parts }) => void (await parts.agent(beginBeside, { tenantId: input.tenantId })),
  undo: dropBeside,
};

/**
 * Begins from an empty database each time: a load that died half-way leaves rows behind. Its tables are of the shape
 * that the rows had, so that an older backup is loaded and compared as it is, and upgraded afterwards.
 */
export async function loadBeside({ input, parts, signal, progress }: StepContext<Beside>) {
  const { tenantId, apps } = input;
  await parts.agent(beginBeside, { tenantId });
  const examined = await parts.agent(
    examineRestore,
    { tenantId, sourceTenantId: tenantId, backupId: input.key },
    { signal },
  );
  await parts.tenants.syncSchema(tenantId, apps, "tables", "beside", recordedSchema(examined));
  const begun = parts.clock.now();
  const { vault, refused, summary } = await parts.agent(
    loadBackup,
    { tenantId, backupId: input.key, targetTenantId: tenantId, slot: "beside" },
    { signal, onProgress: progress },
  );
  return { vault, refused, summary, loadMilliseconds: parts.clock.now() - begun };
}

/** @throws ExpectedError `conflict` with the first difference. */
export async function compareBeside({ input, parts, signal, progress }: StepContext<Beside>) {
  const { tenantId, key: backupId } = input;
  const { equal, differences, rows, files } = await parts.agent(
    compareBackup,
    { tenantId, backupId, targetTenantId: tenantId, slot: "beside" },
    { signal, onProgress: progress },
  );
  if (equal) return { equal, differences: [], rows, files };
  throw new ExpectedError(
    "conflict",
    `what was restored differs from the manifest: ${differences[0] ?? ""}`,
    { hint: "take another backup; the live database is untouched", details: { differences } },
  );
}

/** What the apps declare today: migrations that the backup has not seen, then constraints and indexes. */
export function shapeBeside({ input, parts }: StepContext<Beside>): Promise<void> {
  return parts.tenants.syncSchema(input.tenantId, input.apps, "constraints", "beside");
}

/** Whoever was erased since the backup was taken is erased again, before anybody can see the rows. */
export const eraseBeside: Step<Beside> = {
  name: "erase again who was erased since",
  run: async ({ input, parts }) => {
    const { tenantId, apps, backupId } = input;
    const of = await originsOf(parts, { tenantId, backupId });
    await replayErasures(parts, { of, into: tenantId, apps, slot: "beside" });
  },
};

/** Removes what stands beside; safe when nothing does. */
export async function dropBeside({
  input,
  parts,
}: Pick<StepContext<Beside>, "input" | "parts">): Promise<void> {
  await parts.agent(discardBeside, { tenantId: input.tenantId });
}

/** From an empty database to one of today's shape, compared on the way. */
export const besideSteps: readonly Step<Beside>[] = [
  makeBeside,
  { name: "load rows and files", run: loadBeside },
  { name: "compare with the manifest", run: compareBeside },
  { name: "put constraints and indexes on", run: shapeBeside },
  eraseBeside,
];
