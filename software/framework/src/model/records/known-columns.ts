import { ident, type Sql, sql } from "../../sql/sql.ts";
import type { Model } from "../model.ts";
import { isStored, tableOf } from "../storage.ts";
import type { Context } from "./context.ts";
import { column } from "./where.ts";

/** Columns of a RETURNING that computes would read right after it. */
export interface KnownColumns {
  readonly columns: readonly Sql[];
  /** Keeps them in hand. @param start - where the columns begin in the tuples; each tuple begins with its id. */
  keep(tuples: readonly (readonly unknown[])[], start: number): void;
}

interface Behind {
  /** The many2one, and a field of the record behind it. */
  readonly through: string;
  readonly target: Model;
  readonly name: string;
}

/**
 * What plain computes read that a change sets off: the record's own fields, and those of records behind one many2one.
 *
 * @param fields - what the statement sets.
 */
export function knownColumns(context: Context, model: Model, fields: readonly string[]): KnownColumns {
  const computes = (context.triggers.on.get(model.name) ?? [])
    .filter(({ field, hops }) => hops.length === 0 && fields.includes(field))
    .map(({ placed }) => placed.compute)
    .filter((compute) => compute.plain === true || compute.beforehand === true);
  const paths = [...new Set(computes.flatMap((compute) => [...compute.fields, ...compute.dependsOn]))];
  const own = [...new Set(paths.map((path) => path.split(".", 1)[0] ?? ""))].filter((name) =>
    stored(model, name),
  );
  const behind = paths.flatMap((path) => behindOf(context, model, path));
  return {
    columns: [...own.map((name) => column("t", name)), ...behind.map(behindSql)],
    keep(tuples, start) {
      const changed = new Set(tuples.map((tuple) => tuple[0]));
      for (const tuple of tuples) {
        const values = own.map((name, i) => [name, tuple[start + i]] as const);
        context.unit?.hand.keep(model, tuple[0] as number, values);
        for (const [i, { through, target, name }] of behind.entries()) {
          const id = tuple[start + own.indexOf(through)] as number | null;
          // A RETURNING sees other rows as they were before its own statement.
          if (id === null || (target.name === model.name && changed.has(id))) continue;
          context.unit?.hand.keep(target, id, [[name, tuple[start + own.length + i]]]);
        }
      }
    },
  };
}

function stored(model: Model, name: string): boolean {
  const field = model.fields[name];
  return field !== undefined && isStored(field);
}

function behindOf({ registry }: Context, model: Model, path: string): Behind[] {
  const [through = "", name = "", ...rest] = path.split(".");
  const field = model.fields[through];
  if (field?.kind !== "many2one" || rest.length > 0) return [];
  const target = registry.model(field.target ?? "");
  return stored(target, name) ? [{ through, target, name }] : [];
}

function behindSql({ through, target, name }: Behind): Sql {
  return sql`(SELECT ${column("b", name)} FROM ${ident(tableOf(target))} "b" WHERE ${column("b", "id")} = ${column("t", through)})`;
}
