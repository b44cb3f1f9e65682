import type { Actor } from "../../access/actor.ts";
import type { DataSource } from "../environment.ts";
import { trashModel } from "./trash-model.ts";

/** Entries that one run removes: bodies may be large, and a transaction should be short. */
const sweptAtOnce = 500;

/**
 * Removes for good what has lain in the trash for `trashDays`, with its files. Several workers may run it at once.
 *
 * @returns how many, at most 500 a run.
 */
export async function sweepTrash(data: DataSource, actor: Actor): Promise<number> {
  if (!data.registry.models.has(trashModel.name)) return 0;
  return data.writing(actor, (env) =>
    env.system("empty the trash of what is kept no longer", async (system) => {
      const now = Temporal.Instant.fromEpochMilliseconds(env.clock.now()).toString();
      const old = await system
        .of(trashModel)
        .searchRead([["expires_at", "<", now]], ["res_model", "res_id"], {
          limit: sweptAtOnce,
          order: "expires_at, id",
        });
      for (const [name, entries] of Map.groupBy(old, (entry) => entry.res_model)) {
        const ids = entries.map((entry) => entry.res_id);
        if (system.registry.models.get(name)?.trash === true) await system.model(name).trashed.remove(ids);
        // Of an app that is gone nothing else is left either.
        else await system.of(trashModel).unlink(entries.map(({ id }) => id));
      }
      return old.length;
    }),
  );
}
