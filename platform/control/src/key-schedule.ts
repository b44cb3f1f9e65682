import { Database } from "@holdfast/panel/database";
import { formerKeysOf, requestKeyDestruction, requestResealing } from "@holdfast/panel/key-requests";
import { Operation } from "@holdfast/panel/operation";
import { controlActor } from "./actor.ts";
import { backupsBefore } from "./kinds/data-key.ts";
import type { Parts } from "./parts.ts";

/** Changes of data keys that the schedule has waiting or running at once. */
const maxOpen = 2;
/** A former key that was not destroyed is tried again after this. */
const retryMs = 6 * 3_600_000;
/** Uploads from before a change have ended after this; the agent refuses earlier. */
const quietMs = 900_000;
const maxLooked = 100_000;

/** Asks for the next batch of files to be sealed anew, and for former data keys to be destroyed. @returns how many. */
export async function scheduleKeys(parts: Pick<Parts, "data" | "clock">): Promise<number> {
  const { data } = parts;
  const env = data.reading(controlActor);
  const open = await env.of(Operation).searchRead(
    [
      ["kind", "in", ["key.renew", "key.reseal", "key.destroy"]],
      ["ended_at", "=", false],
    ],
    ["database_id"],
  );
  const busy = new Set(open.map(({ database_id }) => database_id?.id));
  const rows = await env.of(Database).searchRead(
    [
      ["key_generation", ">", 1],
      ["state", "=", "running"],
    ],
    ["former_keys", "reseal_after"],
    { limit: maxLooked },
  );
  let asked = 0;
  for (const { id, former_keys, reseal_after } of rows) {
    if (busy.size + asked >= maxOpen) break;
    if (busy.has(id)) continue;
    if (reseal_after !== null) await data.writing(controlActor, (writing) => requestResealing(writing, id));
    else if (!(await isOver(parts, id, former_keys))) continue;
    else
      await data.writing(controlActor, (writing) =>
        requestKeyDestruction(writing, { databaseId: id, now: false }),
      );
    asked += 1;
  }
  return asked;
}

/** Whether the oldest former data key of a database is needed by nothing any more. */
async function isOver(
  parts: Pick<Parts, "data" | "clock">,
  databaseId: number,
  former: unknown,
): Promise<boolean> {
  const [oldest] = formerKeysOf(former);
  const nowMs = parts.clock.now();
  if (oldest === undefined || nowMs - Date.parse(oldest.until) < quietMs) return false;
  if ((await backupsBefore(parts, databaseId, oldest.until)) > 0) return false;
  const lately = Temporal.Instant.fromEpochMilliseconds(nowMs - retryMs).toString();
  const tried = await parts.data
    .reading(controlActor)
    .of(Operation)
    .count([
      ["kind", "=", "key.destroy"],
      ["database_id", "=", databaseId],
      ["create_date", ">", lately],
      ["state", "in", ["failed", "cancelled"]],
    ]);
  return tried === 0;
}
