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
  if (waiting.length === 0) return 0;
  const id = await firstHealable(env, waiting, await answeringVaults(agent));
  if (id === undefined) return 0;
  await data.writing(controlActor, (writing) => requestHealing(writing, id));
  return 1;
}

async function answeringVaults(agent: Parts["agent"]): Promise<Set<string>> {
  const { checks } = await agent(checkVaults, { quick: true });
  return new Set(checks.filter(({ works }) => works).map(({ vault }) => vault));
}

/** The first of which some vault that answers holds no whole copy, a new vault neither, and another holds one. */
async function firstHealable(
  env: ReturnType<Parts["data"]["reading"]>,
  backupIds: readonly number[],
  answering: ReadonlySet<string>,
): Promise<number | undefined> {
  const stored = await env.of(BackupCopy).searchRead(
    [
      ["backup_id", "in", backupIds],
      ["state", "=", "stored"],
    ],
    ["backup_id", "vault"],
  );
  return backupIds.find((id) => {
    const whole = new Set(stored.filter(({ backup_id }) => backup_id.id === id).map(({ vault }) => vault));
    return whole.size > 0 && [...answering].some((vault) => !whole.has(vault));
  });
}
