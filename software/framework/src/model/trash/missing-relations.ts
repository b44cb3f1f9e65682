import { ident, joinSql, literal, type Sql, sql } from "../../sql/sql.ts";
import type { Field } from "../field.ts";
import type { Model } from "../model.ts";
import type { Context } from "../records/context.ts";
import { column } from "../records/where.ts";
import { pairTableOf, tableOf } from "../storage.ts";
import { asIfRestored, type TrashEntry } from "./as-if.ts";
import { pairings } from "./relations.ts";

/** A relation of removed records whose other side is gone. */
export interface MissingRelation {
  readonly model: Model;
  readonly name: string;
  readonly field: Field;
  /** Records of `model` with a many2one that leads nowhere; empty of a many2many, whose pairs are left out by themselves. */
  readonly ids: readonly number[];
}

/**
 * What the records would refer to in vain, if they were restored together. One statement.
 *
 * References without a foreign key ask for nothing, so they miss nothing.
 */
export async function missingRelations(
  context: Context,
  entries: readonly TrashEntry[],
): Promise<MissingRelation[]> {
  const removed = removedIds(context, entries);
  const ways = [...references(context, removed), ...brokenPairs(context, removed)];
  if (ways.length === 0) return [];
  const tuples = await asIfRestored(context, entries).statements.tuples(
    joinSql(
      ways.map(({ select }, at) => sql`SELECT ${literal(at)}, ${select}`),
      " UNION ALL ",
    ),
  );
  return [...Map.groupBy(tuples, (tuple) => tuple[0] as number)].map(([at, found]) => {
    const { model, name, field } = ways[at] as Way;
    const ids = field.kind === "many2one" ? found.map((tuple) => tuple[1] as number) : [];
    return { model, name, field, ids };
  });
}

/** Removed ids of all entries, by model. */
export function removedIds(context: Context, entries: readonly TrashEntry[]): Map<Model, number[]> {
  const ids = new Map<Model, number[]>();
  for (const { models } of entries)
    for (const [name, own] of Object.entries(models)) {
      const model = context.registry.model(name);
      ids.set(model, [...(ids.get(model) ?? []), ...own]);
    }
  return ids;
}

interface Way {
  readonly model: Model;
  readonly name: string;
  readonly field: Field;
  readonly select: Sql;
}

function references({ registry }: Context, removed: ReadonlyMap<Model, readonly number[]>): Way[] {
  return [...removed].flatMap(([model, ids]) =>
    Object.entries(model.fields)
      .filter(([, { kind, onDelete }]) => kind === "many2one" && onDelete !== "keep")
      .map(([name, field]): Way => {
        const target = ident(tableOf(registry.model(field.target ?? "")));
        const select = sql`${column("t", "id")} FROM ${ident(tableOf(model))} "t"
          WHERE ${column("t", "id")} = ANY(${ids}::integer[]) AND ${column("t", name)} IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM ${target} "r" WHERE ${column("r", "id")} = ${column("t", name)})`;
        return { model, name, field, select };
      }),
  );
}

function brokenPairs({ registry }: Context, removed: ReadonlyMap<Model, readonly number[]>): Way[] {
  const names = new Set([...removed.keys()].map(({ name }) => name));
  const idsOf = (model: Model) => removed.get(model) ?? [];
  return pairings(registry, names).map(({ model, field: name, target }): Way => {
    const gone = (side: Model, of: "left_id" | "right_id") =>
      sql`NOT EXISTS (SELECT 1 FROM ${ident(tableOf(side))} "r" WHERE ${column("r", "id")} = ${column("p", of)})`;
    const select = sql`"p".left_id FROM ${ident(pairTableOf(model, name))} "p"
      WHERE ("p".left_id = ANY(${idsOf(model)}::integer[]) AND ${gone(target, "right_id")})
      OR ("p".right_id = ANY(${idsOf(target)}::integer[]) AND ${gone(model, "left_id")})`;
    return { model, name, field: model.fields[name] as Field, select };
  });
}
