import { present } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId } from "@holdfast/kernel/id";
import { Backup } from "@holdfast/panel/backup";
import { Database } from "@holdfast/panel/database";
import { formerKeysOf } from "@holdfast/panel/key-requests";
import { lookAtKeystore } from "@holdfast/protocol/agent-methods";
import {
  destroyFormerKey,
  lookAtDataKey,
  renewDataKey as renew,
  resealStoredFiles,
  signCatalogs,
} from "@holdfast/protocol/data-key-methods";
import { z } from "zod";
import { controlActor } from "../actor.ts";
import { operationKind, type StepContext } from "../operations/step.ts";
import type { Parts } from "../parts.ts";
import { type BareSubject, bareSubject } from "./subject.ts";

/** What stands in the row while no batch of files was sealed anew yet. */
export const firstBatch = "start";

const mostBackups = 100_000;

/**
 * A new data key beside the former one. From its second step on everything new is sealed under it; backups and files
 * under the former one open as before. Files are sealed anew by `key.reseal`, batch after batch; the former key goes
 * by `key.destroy`, when retention has deleted the last backup under it. Source: claim ENC-5.
 */
export const renewDataKey = operationKind<BareSubject>({
  kind: "key.renew",
  input: bareSubject,
  steps: [
    { name: "see that every place of the keystore answers", run: refuseWhileAway },
    {
      name: "make a new data key",
      irreversible: true,
      run: async ({ input: { tenantId }, memory, parts }) =>
        void (await parts.agent(renew, { tenantId, from: Number(memory["from"]) })),
    },
    { name: "note that files are to be sealed anew", run: (context) => keepKeys(context, { reseal: true }) },
    { name: "sign the catalogs under it", run: sign },
  ],
});

/** One batch of files, so that backups and restores of the same database have their turn in between. */
export const resealFiles = operationKind<BareSubject>({
  kind: "key.reseal",
  input: bareSubject,
  steps: [{ name: "seal a batch of files anew", run: resealBatch }],
});

const destroyInput = bareSubject.extend({ generation: z.number().int(), now: z.boolean() });
type DestroyInput = z.output<typeof destroyInput>;

/** Safe at any moment: a key that is gone in some places only is put back by the keystore, or goes the next time. */
export const destroyDataKey = operationKind<DestroyInput>({
  kind: "key.destroy",
  input: destroyInput,
  steps: [
    { name: "see that no backup needs it", run: refuseWhatIsNeeded },
    { name: "destroy it everywhere", run: destroy },
    { name: "note that it is gone", run: (context) => keepKeys(context, { reseal: false }) },
  ],
});

async function refuseWhileAway({ input: { tenantId }, parts }: StepContext<BareSubject>) {
  const { away } = await parts.agent(lookAtKeystore, {});
  if (away > 0)
    throw new ExpectedError(
      "conflict",
      "a place of the keystore does not answer: it would not have the key",
      {
        hint: "bin/holdfast key places",
      },
    );
  const { generation } = await parts.agent(lookAtDataKey, { tenantId });
  return { from: generation };
}

async function sign({ input: { tenantId }, parts, signal, progress }: StepContext<BareSubject>) {
  // A vault that is away has its catalog signed with the next backup; until then the former key opens it.
  const { failed } = await parts.agent(signCatalogs, { tenantId }, { signal, onProgress: progress });
  return { unsigned: failed.map(({ vault }) => vault) };
}

async function keepKeys(
  { input: { databaseId, tenantId }, parts }: StepContext<BareSubject>,
  { reseal }: { readonly reseal: boolean },
): Promise<void> {
  const keys = await keysOf(parts, tenantId);
  await parts.data.writing(controlActor, async (env) => {
    const alive = await env.of(Database).exists([databaseId]);
    await env.of(Database).write(alive, {
      ...keys,
      ...(reseal ? { reseal_after: firstBatch, resealed_files: 0 } : {}),
    });
  });
}

/** What the agent knows of a customer's data keys, as a database's row keeps it. */
export async function keysOf({ agent }: Pick<Parts, "agent">, tenantId: TenantId) {
  const { generation, former } = await agent(lookAtDataKey, { tenantId });
  const changed = former.at(-1)?.until;
  return {
    key_generation: generation,
    former_keys: former,
    ...(changed === undefined ? {} : { key_changed_at: Temporal.Instant.from(changed) }),
  };
}

async function resealBatch({ input, parts, signal, progress }: StepContext<BareSubject>) {
  const { databaseId, tenantId } = input;
  const [row] = await parts.data
    .reading(controlActor)
    .of(Database)
    .read([databaseId], ["reseal_after", "resealed_files"]);
  if (row?.reseal_after == null) return { resealed: 0, left: false };
  const after = row.reseal_after === firstBatch ? "" : row.reseal_after;
  const { next, resealed, looked, damaged } = await parts.agent(
    resealStoredFiles,
    { tenantId, after },
    { signal, onProgress: progress },
  );
  if (damaged > 0) parts.log("error", "stored files open under no data key", { name: input.name, damaged });
  await parts.data.writing(controlActor, (env) =>
    env.of(Database).write([databaseId], {
      reseal_after: next,
      resealed_files: (row.resealed_files ?? 0) + resealed,
    }),
  );
  return { looked, resealed, damaged, left: next !== null };
}

async function refuseWhatIsNeeded({ input, parts }: StepContext<DestroyInput>): Promise<void> {
  const env = parts.data.reading(controlActor);
  const { databaseId, generation } = input;
  const [row] = await env.of(Database).read([databaseId], ["former_keys", "reseal_after"]);
  const former = formerKeysOf(present(row, "the database").former_keys).find(
    (each) => each.generation === generation,
  );
  if (former === undefined) return;
  if (row?.reseal_after != null)
    throw new ExpectedError("conflict", "files are still being sealed anew", {
      hint: "it goes on by itself",
    });
  const count = await backupsBefore(parts, databaseId, former.until);
  if (count > 0)
    throw new ExpectedError("conflict", `${count} backups are under data key ${generation}`, {
      hint: "it goes by itself once retention has deleted the last of them",
    });
}

/**
 * Backups that were begun before a moment and are not deleted yet. An import says of itself when it was taken, and a row
 * that was rebuilt is younger than its backup: so both moments count. The agent looks for itself at what is under a key.
 */
export async function backupsBefore(
  { data }: Pick<Parts, "data">,
  databaseId: number,
  until: string,
): Promise<number> {
  const moment = Temporal.Instant.from(until);
  const backups = await data
    .reading(controlActor)
    .of(Backup)
    .searchRead(
      [
        ["database_id", "=", databaseId],
        ["state", "in", ["taking", "stored", "partial", "damaged"]],
      ],
      ["taken_at", "create_date", "origin"],
      { limit: mostBackups },
    );
  return backups.filter(({ taken_at, create_date, origin }) => {
    const times = origin === "imported" ? [create_date] : [create_date, taken_at];
    return times.some((time) => Temporal.Instant.compare(time, moment) <= 0);
  }).length;
}

async function destroy({ input, parts, signal, progress }: StepContext<DestroyInput>): Promise<void> {
  const { tenantId, generation, name: subject, now } = input;
  const wish = { tenantId, generation, subject, now };
  await parts.agent(destroyFormerKey, wish, { signal, onProgress: progress });
}
