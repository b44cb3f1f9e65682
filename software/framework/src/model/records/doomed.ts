import { ident, joinSql, literal, sql } from "../../sql/sql.ts";
import type { Model } from "../model.ts";
import { tableOf } from "../storage.ts";
import { incoming } from "../trash/relations.ts";
import type { Context } from "./context.ts";
import { column } from "./where.ts";

/** How deep deletions are followed into what they take with them. */
const maxDepth = 16;

/**
 * Records that are about to be deleted, with all that the database will delete with them, by model. One statement
 * for each level below.
 */
export async function doomedRecords(
  context: Context,
  model: Model,
  ids: readonly number[],
): Promise<Map<Model, number[]>> {
  const doomed = new Map<Model, Set<number>>([[model, new Set(ids)]]);
  let level = new Map<Model, readonly number[]>([[model, ids]]);
  for (let depth = 0; level.size > 0 && depth < maxDepth; depth++)
    level = await below(context, doomed, level);
  return new Map([...doomed].map(([one, own]) => [one, [...own]]));
}

async function below(
  context: Context,
  doomed: Map<Model, Set<number>>,
  level: ReadonlyMap<Model, readonly number[]>,
): Promise<Map<Model, readonly number[]>> {
  const ways = [...level].flatMap(([parent, ids]) =>
    incoming(context.registry, parent, "cascade").map((way) => ({ ...way, ids })),
  );
  if (ways.length === 0) return new Map();
  const tuples = await context.statements.tuples(
    joinSql(
      ways.map(
        ({ child, field, ids }, at) =>
          sql`SELECT ${literal(at)}, ${column("c", "id")} FROM ${ident(tableOf(child))} "c"
            WHERE ${column("c", field)} = ANY(${ids}::integer[])`,
      ),
      " UNION ALL ",
    ),
  );
  const next = new Map<Model, number[]>();
  for (const [at, id] of tuples as [number, number][]) {
    const { child } = ways[at] as (typeof ways)[number];
    const known = doomed.get(child) ?? new Set();
    doomed.set(child, known);
    if (known.has(id)) continue;
    known.add(id);
    next.set(child, [...(next.get(child) ?? []), id]);
  }
  return next;
}
