import { ExpectedError } from "@holdfast/kernel/errors";
import { Backup, BackupCopy } from "@holdfast/panel/backup";
import { removeBackup } from "@holdfast/protocol/backup-methods";
import { checkVaults, strikeBackup } from "@holdfast/protocol/vault-methods";
import { z } from "zod";
import { controlActor } from "../actor.ts";
import { operationKind, type StepContext } from "../operations/step.ts";
import { isHeld, retirable } from "../retention.ts";
import { copiesSubject } from "./subject.ts";

const input = copiesSubject.extend({ databaseId: z.number().int().nullable() });
type Input = z.output<typeof input>;

/**
 * Deletes one backup from every vault: only while a newer one is proven, the plan does not need it and no legal hold
 * lies on the customer, and only when every vault answers. First no catalog names it any more, then it goes: so a
 * catalog never names what is gone. What a lock of a vault outlasts stays in the list as to be deleted after its end, and
 * goes by the same work then. Source: claim BAK-1.
 */
export const retireBackup = operationKind<Input>({
  kind: "backup.retire",
  input,
  steps: [
    { name: "see that it may go", run: refuseWhatIsNeeded },
    { name: "take it out of the catalogs", irreversible: true, run: strike },
    { name: "delete its objects", run: remove },
    { name: "forget it", run: forget },
  ],
});

async function refuseWhatIsNeeded({ input, parts, signal }: StepContext<Input>): Promise<void> {
  const env = parts.data.reading(controlActor);
  const { databaseId, backupId } = input;
  const [struck] = await env.of(Backup).search([
    ["id", "=", backupId],
    ["state", "=", "locked"],
  ]);
  // It was judged when it left the catalogs; what is left of it nobody can restore.
  if (struck !== undefined) return;
  if (databaseId === null || (await env.of(Backup).exists([backupId])).length === 0)
    throw new ExpectedError("not_found", "there is no such backup of a database any more");
  if (await isHeld(env, databaseId))
    throw new ExpectedError("conflict", "a legal hold lies on this customer: its backups are kept", {
      hint: "bin/holdfast customer show tells why",
    });
  if (!(await retirable(env, databaseId, parts.clock.now(), 0)).includes(backupId))
    throw new ExpectedError("conflict", "the plan needs this backup, or no newer one is proven", {
      hint: "prove a newer one first: bin/holdfast backup prove",
    });
  const { checks } = await parts.agent(checkVaults, { quick: true }, { signal });
  const away = checks.filter(({ works }) => !works).map(({ vault }) => vault);
  if (away.length > 0)
    throw new ExpectedError(
      "conflict",
      `nothing is deleted while a vault does not answer: ${away.join(", ")}`,
      {
        hint: "see bin/holdfast vault check; retention tries again by itself",
      },
    );
}

async function strike({ input, parts, signal, progress }: StepContext<Input>): Promise<void> {
  const { tenantId, key: backupId } = input;
  const { failed } = await parts.agent(
    strikeBackup,
    { tenantId, backupId },
    { signal, onProgress: progress },
  );
  const [first] = failed;
  if (first)
    throw new ExpectedError("unavailable", first.reason, { hint: "it goes on when the vault is back" });
}

async function remove({ input, parts, signal }: StepContext<Input>) {
  const { tenantId, key: backupId } = input;
  const { left } = await parts.agent(removeBackup, { tenantId, backupId }, { signal });
  const away = left.find(({ lockedUntil }) => lockedUntil === null);
  if (away)
    throw new ExpectedError("unavailable", away.reason, { hint: "it goes on when the vault is back" });
  // What a lock keeps stays in the list until it ends; no catalog names it, nobody restores it.
  const lockedUntil = left
    .flatMap((each) => each.lockedUntil ?? [])
    .sort()
    .at(-1);
  return { left, lockedUntil: lockedUntil ?? null };
}

async function forget({ input, memory, parts }: StepContext<Input>): Promise<void> {
  const { lockedUntil } = memory;
  await parts.data.writing(controlActor, async (env) => {
    const ids = await env.of(Backup).exists([input.backupId]);
    if (typeof lockedUntil !== "string") return env.of(Backup).unlink(ids);
    const copies = await env.of(BackupCopy).search([["backup_id", "in", ids]]);
    await env.of(BackupCopy).unlink(copies);
    const delete_after = Temporal.Instant.from(lockedUntil);
    return env.of(Backup).write(ids, { state: "locked", delete_after, proven_at: null });
  });
}
