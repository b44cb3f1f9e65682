import { ExpectedError } from "@holdfast/kernel/errors";
import { ident, type Sql, sql } from "../../sql/sql.ts";
import type { FieldKind } from "../field.ts";
import { columnValue } from "../field-value.ts";
import type { Model } from "../model.ts";
import { tableOf } from "../storage.ts";
import { type Context, type Granted, isId } from "./context.ts";
import { readValue } from "./derived.ts";
import { collated, type OrderTerm, orderTerms, relatedName } from "./order.ts";
import { all, column, type Place, ruleTerms } from "./where.ts";

/** After which record a page begins. */
export interface After {
  readonly access: Granted;
  readonly order: string | undefined;
  readonly after: readonly unknown[] | undefined;
}

/** A value to compare with: null as such, a constant that is none, or an expression that may be null. */
type Edge = { readonly kind: "null" } | { readonly kind: "value" | "unknown"; readonly sql: Sql };
type Pair = readonly [OrderTerm, Edge];

/**
 * What comes after a record in an order, told by the values that it was sorted by and its id.
 *
 * A many2one is told by its record's id: its name is looked up as the order does, under the same rule.
 *
 * @throws `invalid` that names what is wanted.
 */
export function afterTerms(
  context: Context,
  model: Model,
  { access, order, after }: After,
  place: Place,
): Sql[] {
  if (after === undefined) return [];
  const terms = orderTerms(context, model, order, { ...place, fields: access.fields });
  const wanted = terms.map(({ name }) => name).join(", ");
  const id = Array.isArray(after) ? after[terms.findIndex(({ name }) => name === "id")] : undefined;
  if (!Array.isArray(after) || after.length !== terms.length || !isId(id))
    throw new ExpectedError("invalid", `What "after" holds is not the last record's values: ${wanted}.`, {
      hint: "Give one value for each of them, in this order.",
    });
  const pairs = terms.map((term, at): Pair => {
    return [term, edgeOf(context, model, { term, value: after[at], id, access, place })];
  });
  return [...bound(pairs[0] as Pair), beyond(pairs)];
}

interface Told {
  readonly term: OrderTerm;
  readonly value: unknown;
  readonly id: number;
  readonly access: Granted;
  readonly place: Place;
}

function edgeOf(context: Context, model: Model, told: Told): Edge {
  const { term, place } = told;
  const { field, name } = term;
  const given = field.kind === "many2one" ? idOf(told.value) : told.value;
  const plain = field.kind === "selection" ? ({ ...field, kind: "text" } as const) : field;
  const value = columnValue({ model, name, field: plain }, given);
  if (value === null) return { kind: "null" };
  const constant = sql`${value}::${types[field.kind] ?? sql`text`}`;
  if (field.kind === "many2one") {
    const related = relatedName(context, field, constant, place);
    return related === undefined
      ? { kind: "value", sql: constant }
      : { kind: "unknown", sql: collated(related) };
  }
  if (field.kind === "datetime" && typeof given === "string" && !given.includes("."))
    return { kind: "unknown", sql: wholeMoment(context, model, told, constant) };
  return { kind: "value", sql: constant };
}

/** A reference as any reading gives it. */
function idOf(value: unknown): unknown {
  if (Array.isArray(value)) return value[0];
  return typeof value === "object" && value !== null && "id" in value ? value.id : value;
}

/**
 * The remote API tells moments by the second, the database keeps microseconds: they are taken from the record itself.
 * Where it is gone or has another moment by now, the whole second is given again: nothing is left out.
 */
function wholeMoment(context: Context, model: Model, { term, id, access, place }: Told, second: Sql): Sql {
  const alias = place.aliases.next();
  const own = readValue(context, model, { ...term, place: { ...place, alias } });
  const where = [
    sql`${column(alias, "id")} = ${id}::integer`,
    sql`date_trunc('second', ${own}) = ${second}`,
    ...ruleTerms(access.rule, { ...place, alias }),
  ];
  const edge = term.descending
    ? sql`${second} + interval '1 second'`
    : sql`${second} - interval '1 microsecond'`;
  return sql`COALESCE((SELECT ${own} FROM ${ident(tableOf(model))} ${ident(alias)} WHERE ${all(where)}), ${edge})`;
}

const types: Readonly<Partial<Record<FieldKind, Sql>>> = {
  integer: sql`integer`,
  many2one: sql`integer`,
  decimal: sql`numeric`,
  money: sql`numeric`,
  boolean: sql`boolean`,
  date: sql`date`,
  datetime: sql`timestamptz`,
};

/** Where no null comes after the first value, an index can begin there. */
function bound([term, edge]: Pair): Sql[] {
  if (edge.kind !== "value" || !(term.nullsFirst || neverNull(term))) return [];
  return [sql`${term.key} ${term.descending ? sql`<=` : sql`>=`} ${edge.sql}`];
}

/** Greater in the first key, or the same there and after it in the rest. */
function beyond([pair, ...rest]: readonly Pair[]): Sql {
  if (pair === undefined) return sql`FALSE`;
  const greater = strictly(pair);
  return rest.length === 0 ? greater : sql`(${greater} OR (${same(pair)} AND ${beyond(rest)}))`;
}

function strictly([term, edge]: Pair): Sql {
  const { key, nullsFirst } = term;
  if (edge.kind === "null") return nullsFirst ? sql`${key} IS NOT NULL` : sql`FALSE`;
  const greater = sql`${key} ${term.descending ? sql`<` : sql`>`} ${edge.sql}`;
  if (edge.kind === "value")
    return nullsFirst || neverNull(term) ? greater : sql`(${greater} OR ${key} IS NULL)`;
  return nullsFirst
    ? sql`(${greater} OR (${edge.sql} IS NULL AND ${key} IS NOT NULL))`
    : sql`(${greater} OR (${key} IS NULL AND ${edge.sql} IS NOT NULL))`;
}

function same([{ key }, edge]: Pair): Sql {
  if (edge.kind === "null") return sql`${key} IS NULL`;
  return edge.kind === "value" ? sql`${key} = ${edge.sql}` : sql`${key} IS NOT DISTINCT FROM ${edge.sql}`;
}

function neverNull({ name, field }: OrderTerm): boolean {
  return name === "id" || (field.required && field.kind !== "many2one");
}
