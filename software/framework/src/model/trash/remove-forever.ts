import { ident, sql } from "../../sql/sql.ts";
import type { Model } from "../model.ts";
import { type Context, distinctIds } from "../records/context.ts";
import { refuseTooMany } from "../records/page.ts";
import { settling } from "../records/settle.ts";
import { tableOf } from "../storage.ts";
import { dropEntries, reachableEntries } from "./restore.ts";

/** Files of records; a registry without it has none. */
const files = "ir.attachment";

/**
 * Removes deleted records for good, with the files that hung on them. For whoever may restore them.
 *
 * @throws `not_found` for what is not in the trash or not for this actor.
 */
export function removeForever(context: Context, model: Model, ids: readonly number[]): Promise<void> {
  return settling(context, async () => {
    const wanted = distinctIds(model, ids);
    refuseTooMany(context, wanted);
    const entries = await reachableEntries(context, model, wanted);
    await dropFiles(
      context,
      entries.map(({ models }) => models),
    );
    await dropEntries(
      context,
      entries.map(({ id }) => id),
    );
  });
}

/** The contents themselves go when no attachment names them any more. */
async function dropFiles(
  context: Context,
  removed: readonly Readonly<Record<string, readonly number[]>>[],
): Promise<void> {
  const model = context.registry.models.get(files);
  const pairs = removed.flatMap((models) =>
    Object.entries(models).flatMap(([name, ids]) => ids.map((id) => [name, id] as const)),
  );
  if (model === undefined || pairs.length === 0) return;
  const [names, ids] = [pairs.map(([name]) => name), pairs.map(([, id]) => id)];
  await context.statements.tuples(
    sql`DELETE FROM ${ident(tableOf(model))} WHERE (res_model, res_id) IN (SELECT * FROM unnest(${names}::text[], ${ids}::integer[]))`,
  );
}
