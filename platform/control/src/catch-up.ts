import { Backup, BackupCopy } from "@holdfast/panel/backup";
import { Operation } from "@holdfast/panel/operation";
import { requestHealing } from "@holdfast/panel/request";
import { checkVaults } from "@holdfast/protocol/vault-methods";
import { controlActor } from "./actor.ts";
import type { Parts } from "./parts.ts";

const retryAfterMs = 600_000;
/** Copies that the schedule has waiting or running at once: what people ask for is not held up by it. */
const maxOpen = 1;
const maxLooked = 50;

/**
 * Asks to copy what a vault missed while it was away, newest first, once it answers again. What is missing is copied from
 * another vault: nothing of it ever waits on a disk of ours, so however long a vault is away, no disk fills.
 *
 * @returns how many copies were asked for.
 */
export async function scheduleCatchUp({
  data,
  clock,
  agent,
}: Pick<Parts, "data" | "clock" | "agent">): Promise<number> {
  const env = data.reading(controlActor);
  const partial = await env
    .of(Backup)
    .search([["state", "=", "partial"]], { order: "taken_at desc", limit: maxLooked });
  if (partial.length === 0) return 0;
  const since = Temporal.Instant.fromEpochMilliseconds(clock.now() - retryAfterMs).toString();
  const tried = await env.of(Operation).searchRead(
    [
      ["kind", "=", "backup.heal"],
      ["create_date", ">", since],
    ],
    ["input", "ended_at"],
  );
  if (tried.filter(({ ended_at }) => ended_at === null).length >= maxOpen) return 0;
  const lately = new Set(tried.map(({ input }) => Number((input as { backupId?: unknown }).backupId)));
  const waiting = partial.filter((id) => !lately.has(id));
  const answering = waiting.length === 0 ? new Set<string>() : await answeringVaults(agent);
  for (const id of waiting) {
    const missing = await missingFrom(env, id, answering);
    if (missing.length === 0) continue;
    await data.writing(controlActor, (writing) => requestHealing(writing, id));
    return 1;
  }
  return 0;
}

async function answeringVaults(agent: Parts["agent"]): Promise<Set<string>> {
  const { checks } = await agent(checkVaults, { quick: true });
  return new Set(checks.filter(({ works }) => works).map(({ vault }) => vault));
}

/** Vaults that answer and do not hold a whole copy of a backup, new vaults too. */
async function missingFrom(
  env: ReturnType<Parts["data"]["reading"]>,
  backupId: number,
  answering: ReadonlySet<string>,
): Promise<string[]> {
  const copies = await env.of(BackupCopy).searchRead([["backup_id", "=", backupId]], ["vault", "state"]);
  return [...answering].filter((vault) =>
    copies.every((copy) => copy.vault !== vault || copy.state !== "stored"),
  );
}
