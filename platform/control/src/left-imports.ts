import { setTimeout as wait } from "node:timers/promises";
import { present } from "@holdfast/kernel/assert";
import { parseId } from "@holdfast/kernel/id";
import { Backup } from "@holdfast/panel/backup";
import { removeBackup } from "@holdfast/protocol/backup-methods";
import { controlActor } from "./actor.ts";
import type { Parts } from "./parts.ts";

type LeftParts = Pick<Parts, "agent" | "data" | "log">;

/** The supervisor starts an agent that died within seconds; what is left after so many tries the next start ends. */
const tries = 60;
const pauseMs = 1_000;
const maxLeft = 10_000;

/**
 * Takes away what an import that failed has put into vaults, and notes that it failed: in this order, so that no object is
 * ever left without a row. Where the agent has died too it returns, and is done once the agent is back. Never throws.
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

async function end({ agent, data }: LeftParts, id: number): Promise<void> {
  const [row] = await data.reading(controlActor).of(Backup).read([id], ["key", "tenant_id", "state"]);
  if (row?.state !== "taking") return;
  const tenantId = present(parseId<"tenant">(row.tenant_id), "a tenant id");
  await agent(removeBackup, { tenantId, backupId: present(parseId<"backup">(row.key), "a backup id") });
  await data.writing(controlActor, (env) => env.of(Backup).write([id], { state: "failed" }));
}
