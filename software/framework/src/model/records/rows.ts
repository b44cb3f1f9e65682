import { ident, joinSql, type Sql, sql, steady, trusted } from "../../sql/sql.ts";
import { automaticFields } from "../automatic.ts";
import type { FieldKind } from "../field.ts";
import type { ColumnValue } from "../field-value.ts";
import { isKeyed } from "../keyed.ts";
import type { Model } from "../model.ts";
import { column } from "./where.ts";

/** How the values of one column travel: an array of this type. JSON travels as text. */
const arrayTypes: Readonly<Partial<Record<FieldKind, string>>> = {
  text: "text",
  longText: "text",
  html: "text",
  selection: "text",
  json: "text",
  integer: "integer",
  many2one: "integer",
  reference: "text",
  decimal: "numeric",
  money: "numeric",
  boolean: "boolean",
  date: "date",
  datetime: "timestamptz",
};

/**
 * Any number of rows as one derived table, one array parameter a column: the text of the statement does
 * not grow with the rows. The last column, `hf_row`, counts them from 1.
 *
 * @param columns - values by column, all of the same length, in the order of the rows.
 */
export function rowsSql(
  model: Model,
  columns: ReadonlyMap<string, readonly ColumnValue[]>,
  alias: string,
): Sql {
  const arrays = [...columns].map(([name, values]) => sql`${values}::${arrayType(model, name)}[]`);
  const names = [...columns.keys(), "hf_row"].map(ident);
  return sql`unnest(${joinSql(arrays)}) WITH ORDINALITY AS ${ident(alias)}(${joinSql(names)})`;
}

/** `t.id` is one of these: of one only as such, so that PostgreSQL finds a plan for all without a guess at how many. */
export function isOneOf(ids: readonly number[], alias = "t"): Sql {
  const [first] = ids;
  const id = column(alias, "id");
  return ids.length === 1 ? sql`${id} = ${first}::integer` : sql`${id} = ANY(${ids}::integer[])`;
}

/** So many rows at most are looked for one by one, whatever the parameters: PostgreSQL then need not plan each time. */
export const maxSteadyRows = 64;

/** Marks a statement on these rows, each found by its id or new, as {@link steady} unless they are many. */
export function steadyFor(rows: { readonly length: number }, statement: Sql): Sql {
  return steady(statement, rows.length <= maxSteadyRows);
}

/** A column of {@link rowsSql} as a value of its field's column. */
export function rowColumn(model: Model, name: string, alias: string): Sql {
  const own = column(alias, name);
  return kindOf(model, name) === "json" ? sql`${own}::jsonb` : own;
}

/** One value as a value of its field's column. */
export function valueSql(model: Model, name: string, value: ColumnValue): Sql {
  const type = kindOf(model, name) === "json" ? trusted("jsonb") : arrayType(model, name);
  return sql`${value}::${type}`;
}

function arrayType(model: Model, name: string): Sql {
  return trusted(arrayTypes[kindOf(model, name)] ?? "text");
}

function kindOf(model: Model, name: string): FieldKind {
  const field = model.fields[name] ?? automaticFields[name];
  return field !== undefined && isKeyed(field) ? "json" : (field?.kind ?? "text");
}
