import { ident, joinSql, type Sql, sql } from "../../sql/sql.ts";
import type { Model } from "../model.ts";
import { type Context, distinctIds } from "../records/context.ts";
import { refuseTooMany } from "../records/page.ts";
import { settling } from "../records/settle.ts";
import { column } from "../records/where.ts";
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

/**
 * The contents themselves go when no attachment names them any more. A record that is there again in another way, from
 * a backup, keeps its files.
 */
async function dropFiles(
  context: Context,
  removed: readonly Readonly<Record<string, readonly number[]>>[],
): Promise<void> {
  const model = context.registry.models.get(files);
  const gone = removed.flatMap((models) =>
    Object.entries(models).map(([name, ids]) => goneOf(context.registry.models.get(name), { name, ids })),
  );
  if (model === undefined || gone.length === 0) return;
  await context.statements.tuples(
    sql`DELETE FROM ${ident(tableOf(model))} WHERE (res_model, res_id) IN (${joinSql(gone, " UNION ALL ")})`,
  );
}

/** Of a model whose app is gone no record is there. */
function goneOf(
  model: Model | undefined,
  { name, ids }: { readonly name: string; readonly ids: readonly number[] },
): Sql {
  const removed = sql`SELECT ${name}::text, "n" FROM unnest(${ids}::integer[]) "n"`;
  if (model === undefined) return removed;
  return sql`${removed} WHERE NOT EXISTS (SELECT 1 FROM ${ident(tableOf(model))} "t" WHERE ${column("t", "id")} = "n")`;
}
