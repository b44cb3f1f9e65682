import { setTimeout as wait } from "node:timers/promises";
import { present } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import { parseId } from "@holdfast/kernel/id";
import { Backup } from "@holdfast/panel/backup";
import { removeBackup, verifyBackup } from "@holdfast/protocol/backup-methods";
import { controlActor } from "./actor.ts";
import { keepCopies } from "./backup-copies.ts";
import type { Parts } from "./parts.ts";

type LeftParts = Pick<Parts, "agent" | "data" | "log">;

/** The supervisor starts an agent that died within seconds; what is left after so many tries the next start ends. */
const tries = 60;
const pauseMs = 1_000;
const maxLeft = 10_000;

/**
 * Takes away what an import that failed has put into vaults, and notes that it failed: in this order, so that no object is
 * ever left without a row. What was read back whole is a backup, though, and a signed catalog names it: it stays, and is
 * read once more. Where the agent has died too it returns, and is done once the agent is back. Never throws.
 */
export async function endImport(parts: LeftParts, id: number): Promise<void> {
  await end(parts, id).catch(() => void endLater(parts, id));
}

async function endLater(parts: LeftParts, id: number): Promise<void> {
  for (let tried = 1; ; tried++) {
    await wait(pauseMs, undefined, { ref: false });
    try {
      return await end(parts, id);
    } catch (error) {
      if (tried >= tries)
        return parts.log("error", "what an import left could not be removed yet", { error });
    }
  }
}

/** Ends the imports of a control that died: whoever sent them is gone. To be called before any is taken in. */
export async function endLeftImports(parts: LeftParts): Promise<void> {
  const left = await parts.data
    .reading(controlActor)
    .of(Backup)
    .search(
      [
        ["origin", "=", "imported"],
        ["state", "=", "taking"],
      ],
      { limit: maxLeft },
    );
  for (const id of left)
    await end(parts, id).catch((error: unknown) =>
      parts.log("error", "what an import left could not be removed yet", { error }),
    );
}

async function end(parts: LeftParts, id: number): Promise<void> {
  const { agent, data } = parts;
  const fields = ["key", "tenant_id", "state", "sha256", "taken_at"] as const;
  const [row] = await data.reading(controlActor).of(Backup).read([id], fields);
  if (row?.state !== "taking") return;
  const one = {
    tenantId: present(parseId<"tenant">(row.tenant_id), "a tenant id"),
    backupId: present(parseId<"backup">(row.key), "a backup id"),
  };
  try {
    await agent(removeBackup, one);
  } catch (error) {
    if (!(error instanceof ExpectedError && error.code === "conflict" && row.sha256)) throw error;
    const takenAt = row.taken_at.toString({ smallestUnit: "millisecond" });
    const { copies } = await agent(verifyBackup, { ...one, sha256: row.sha256, takenAt, imported: true });
    await keepCopies(parts, { backupId: id, copies });
    return;
  }
  await data.writing(controlActor, (env) => env.of(Backup).write([id], { state: "failed" }));
}
