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
      const isKept = (name: string) => system.registry.models.get(name)?.trash === true;
      const kept = old.filter((entry) => isKept(entry.res_model));
      for (const [name, entries] of Map.groupBy(kept, (entry) => entry.res_model))
        await system.model(name).trashed.remove(entries.map((entry) => entry.res_id));
      // Of an app that is gone nothing else is left either.
      const rest = old.filter((entry) => !isKept(entry.res_model));
      if (rest.length > 0) await system.of(trashModel).unlink(rest.map(({ id }) => id));
      return old.length;
    }),
  );
}
