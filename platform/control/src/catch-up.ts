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
 * Asks to copy what a vault missed while it was away, once it answers again, and what a reading found damaged or missing:
 * nobody has to ask for either. Newest first, from a copy that was whole when it was last read. Nothing of it ever waits
 * on a disk of ours, so however long a vault is away, no disk fills. Source: claim BAK-2.
 *
 * @returns how many copies were asked for.
 */
export async function scheduleCatchUp({
  data,
  clock,
  agent,
}: Pick<Parts, "data" | "clock" | "agent">): Promise<number> {
  const env = data.reading(controlActor);
  const hurt = await env
    .of(Backup)
    .search([["state", "in", ["partial", "damaged"]]], { order: "taken_at desc", limit: maxLooked });
  if (hurt.length === 0) return 0;
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
  const waiting = hurt.filter((id) => !lately.has(id));
  const answering = waiting.length === 0 ? new Set<string>() : await answeringVaults(agent);
  for (const id of waiting) {
    if (!(await isHealable(env, id, answering))) continue;
    await data.writing(controlActor, (writing) => requestHealing(writing, id));
    return 1;
  }
  return 0;
}

async function answeringVaults(agent: Parts["agent"]): Promise<Set<string>> {
  const { checks } = await agent(checkVaults, { quick: true });
  return new Set(checks.filter(({ works }) => works).map(({ vault }) => vault));
}

/** Whether some vault that answers holds no whole copy of a backup, a new vault neither, and another holds one. */
async function isHealable(
  env: ReturnType<Parts["data"]["reading"]>,
  backupId: number,
  answering: ReadonlySet<string>,
): Promise<boolean> {
  const copies = await env.of(BackupCopy).searchRead([["backup_id", "=", backupId]], ["vault", "state"]);
  const whole = new Set(copies.filter(({ state }) => state === "stored").map(({ vault }) => vault));
  return whole.size > 0 && [...answering].some((vault) => !whole.has(vault));
}
