import type { Readable } from "node:stream";
import { present } from "@holdfast/kernel/assert";
import { type BackupId, newId, parseId } from "@holdfast/kernel/id";
import { Backup } from "@holdfast/panel/backup";
import { verifyBackup } from "@holdfast/protocol/backup-methods";
import { importBackup, type Owner } from "@holdfast/protocol/transfer-methods";
import { controlActor } from "../actor.ts";
import { keepCopies } from "../backup-copies.ts";
import { keepWritten } from "../kinds/take-backup.ts";
import { endImport } from "../left-imports.ts";
import type { Parts } from "../parts.ts";
import { type OwningDatabase, ownerOf } from "./owning-database.ts";
import { noteTransfer } from "./transfer-note.ts";
import { uploadStep } from "./upload-steps.ts";

/** A zip as it comes, and for whom. */
export interface Incoming {
  readonly of: Owner;
  readonly by: string;
  readonly body: Readable;
  readonly signal: AbortSignal;
}

/**
 * Takes a zip in as a backup of its owner, who holds a place for it. The row comes first, so that what a crash leaves
 * is seen; whatever fails leaves it as failed and no object.
 */
export async function takeIn(parts: Parts, incoming: Incoming) {
  const { of, by, body, signal } = incoming;
  const owner = await ownerOf(parts, of);
  const key = newId<"backup">(parts.clock.now(), parts.random.bytes(10));
  const id = await uploadStep(parts, "note the backup", () => noteBackup(parts, { owner, key, by }));
  await noteTransfer(parts, owner, { kind: "import", backupId: id, by, fromByte: 0 });
  try {
    const input = { tenantId: owner.tenantId, backupId: key, name: owner.name, vouched: "customer" in of };
    const taken = await uploadStep(parts, "write it to the vaults", () =>
      parts.agentBytes.upload(importBackup, { input, body }, { signal }),
    );
    await uploadStep(parts, "keep what was written", () =>
      parts.data.writing(controlActor, async (env) => {
        await keepWritten(env, id, { ...taken, takenAt: Temporal.Instant.from(taken.takenAt) });
        const note = `${taken.from.name} at ${taken.from.takenAt}, by ${by}`.slice(0, 400);
        await env.of(Backup).write([id], {
          origin_note: note,
          // Only an operator's word, or of oneself: a zip can say that it is of anybody, and who was erased there is
          // nobody else's to ask.
          origin_tenant:
            "customer" in of || taken.from.tenantId === owner.tenantId
              ? (parseId<"tenant">(taken.from.tenantId) ?? null)
              : null,
        });
      }),
    );
    const { sha256, takenAt: at } = taken;
    const read = { tenantId: owner.tenantId, backupId: key, sha256, takenAt: at, imported: true };
    const { copies } = await uploadStep(parts, "read it back", () =>
      parts.agent(verifyBackup, read, { signal }),
    );
    const state = await uploadStep(parts, "keep the copies", () =>
      keepCopies(parts, { backupId: id, copies }),
    );
    const { name, takenAt } = taken.from;
    return { backupId: key, state, summary: taken.summary, from: { name, takenAt } };
  } catch (error) {
    await endImport(parts, id);
    throw error;
  }
}

function noteBackup(
  { data }: Parts,
  { owner, key, by }: { readonly owner: OwningDatabase; readonly key: BackupId; readonly by: string },
): Promise<number> {
  return data.writing(controlActor, async (env) => {
    const [row] = await env.of(Backup).create([
      {
        key,
        database_id: owner.id,
        database_name: owner.name,
        tenant_id: owner.tenantId,
        taken_at: Temporal.Instant.fromEpochMilliseconds(env.clock.now()),
        origin: "imported",
        origin_note: `by ${by}`.slice(0, 400),
      },
    ]);
    return present(row, "the new backup");
  });
}
