import type { Environment } from "@holdfast/framework/model/environment";
import { settleRestored } from "@holdfast/framework/modules/install";
import { ExpectedError } from "@holdfast/kernel/errors";
import { Database } from "@holdfast/panel/database";
import { isClosedToAll } from "@holdfast/panel/request";
import { ensureDatabase, removeDatabase } from "@holdfast/protocol/agent-methods";
import { compareBackup, loadBackup } from "@holdfast/protocol/backup-methods";
import { tenantIdSchema } from "@holdfast/protocol/ids";
import { examineRestore } from "@holdfast/protocol/restore-methods";
import type { z } from "zod";
import { controlActor } from "../actor.ts";
import { originsOf, replayErasures } from "../erasures.ts";
import { isForeign } from "../foreign-backup.ts";
import { operationKind, type StepContext } from "../operations/step.ts";
import { recordedSchema } from "../recorded-schema.ts";
import { neutralizeTenant } from "../tenant-work.ts";
import { databaseSteps, makeCertificate, open, openIn } from "./database-steps.ts";
import { noteProven } from "./note-proven.ts";
import { backupSubject } from "./subject.ts";

const input = backupSubject.extend({ sourceTenantId: tenantIdSchema });
type Input = z.output<typeof input>;

/**
 * A copy beside the live database. The tables come from the declared models, only rows and files from
 * the archive; it is compared with the manifest, then neutralized, and only then does its address open.
 * Source: claim BAK-5.
 */
export const restoreBackup = operationKind<Input>({
  kind: "backup.restore",
  input,
  steps: [
    ...databaseSteps,
    { name: "load rows and files", run: loadAnew },
    {
      name: "compare with the manifest",
      run: async ({ input, parts, signal, progress }) => {
        const compared = await parts.agent(
          compareBackup,
          { tenantId: input.sourceTenantId, backupId: input.key, targetTenantId: input.tenantId },
          { signal, onProgress: progress },
        );
        if (!compared.equal)
          throw new ExpectedError(
            "conflict",
            `the copy differs from the manifest: ${compared.differences[0] ?? ""}`,
            {
              hint: "take another backup; this one is not proven",
              details: { differences: compared.differences },
            },
          );
        return { equal: true, differences: [] };
      },
    },
    {
      name: "put constraints and indexes on",
      run: ({ input, parts }) => parts.tenants.syncSchema(input.tenantId, input.apps, "constraints"),
    },
    {
      name: "note that the backup is proven",
      run: ({ input, parts }) => noteProven(parts, input.backupId),
    },
    {
      name: "neutralize the copy",
      run: async ({ input, parts }) => {
        await eraseAgain({ input, parts });
        await keepRightsOfToday({ input, parts });
        await neutralizeTenant(parts, input);
      },
    },
    makeCertificate,
    {
      ...open,
      run: async (context) => {
        const { parts } = context;
        // Once more: an erasure that began meanwhile waits for copies that are being made.
        await eraseAgain(context);
        return parts.data.writing(controlActor, async (env) => {
          await refuseClosedOrigin(env, context.input);
          return openIn(env, context);
        });
      },
    },
  ],
});

/**
 * Its customer may have been closed meanwhile. The row is written to, so that a closing in the same moment and this come
 * one after the other: then one of them sees the other.
 */
async function refuseClosedOrigin(env: Environment, { sourceTenantId }: Input): Promise<void> {
  const [origin] = await env
    .of(Database)
    .searchRead([["tenant_id", "=", sourceTenantId]], ["name", "state"], { limit: 1 });
  if (origin === undefined || isClosedToAll(origin.state))
    throw new ExpectedError("conflict", `"${origin?.name ?? "its database"}" was closed meanwhile`, {
      hint: "a copy of what is closed opens for nobody",
    });
  await env.of(Database).write([origin.id], {});
}

/** Whoever was switched off since, or changed a password, finds the copy so too. Another's import has other people. */
async function keepRightsOfToday({
  input,
  parts,
}: Pick<StepContext<Input>, "input" | "parts">): Promise<void> {
  const { tenantId, sourceTenantId, apps, backupId } = input;
  if (await isForeign(parts, { tenantId: sourceTenantId, backupId })) return;
  const today = await parts.tenants.open(sourceTenantId, apps).catch((error: unknown) => {
    parts.log("warn", "the live database cannot be opened; a copy keeps who could sign in then", { error });
    return null;
  });
  try {
    await parts.tenants.withData(tenantId, apps, (data) => settleRestored(data, today));
  } finally {
    await today?.close();
  }
}

async function eraseAgain({ input, parts }: Pick<StepContext<Input>, "input" | "parts">): Promise<void> {
  const { sourceTenantId: tenantId, backupId, tenantId: into, apps } = input;
  await replayErasures(parts, { of: await originsOf(parts, { tenantId, backupId }), into, apps });
}

/** Begins from an empty database each time: a load that died half-way leaves rows behind. */
async function loadAnew({ input, parts, signal, progress }: StepContext<Input>) {
  await parts.agent(removeDatabase, { tenantId: input.tenantId });
  await parts.agent(ensureDatabase, { tenantId: input.tenantId, cluster: "main" });
  const examined = await parts.agent(
    examineRestore,
    { tenantId: input.tenantId, sourceTenantId: input.sourceTenantId, backupId: input.key },
    { signal },
  );
  await parts.tenants.syncSchema(input.tenantId, input.apps, "tables", "live", recordedSchema(examined));
  const begun = parts.clock.now();
  const { vault, refused, summary } = await parts.agent(
    loadBackup,
    { tenantId: input.sourceTenantId, backupId: input.key, targetTenantId: input.tenantId },
    { signal, onProgress: progress },
  );
  return { vault, refused, summary, loadMilliseconds: parts.clock.now() - begun };
}
