import { present } from "@holdfast/kernel/assert";
import type { Fields } from "../../model/field.ts";
import { type ColumnValue, columnValue, type FieldPlace } from "../../model/field-value.ts";
import { isKeyed } from "../../model/keyed.ts";
import type { Model } from "../../model/model.ts";
import { rowColumn, rowsSql } from "../../model/records/rows.ts";
import { column } from "../../model/records/where.ts";
import { ident, joinSql, literal, sql } from "../sql.ts";
import type { Statements } from "../statements.ts";
import { tableNamed } from "./migrated-schema.ts";

/** Rows that are in memory at once. */
const batchRows = 1_000;

/** Which values come in, and what becomes of them. */
export interface RowMove {
  readonly read: readonly string[];
  /** Declarations of all that is written. */
  readonly fields: Fields;
  readonly change: (row: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>> | null;
}

/** Goes through a table once, by id; two statements for every 1,000 rows. */
export async function moveEachRow(statements: Statements, model: string, move: RowMove): Promise<void> {
  const shape: Model = {
    name: model,
    label: model,
    displayName: "id",
    order: "id",
    fields: move.fields,
  };
  const names = joinSql(["id", ...move.read].map(ident));
  for (let last = 0; ; ) {
    const rows = await statements.rows<Readonly<Record<string, unknown>> & { readonly id: number }>(
      sql`SELECT ${names} FROM ${ident(tableNamed(model))} WHERE id > ${last} ORDER BY id LIMIT ${literal(batchRows)}`,
    );
    const changes = rows.map((row) => ({ id: row.id, values: move.change(row) ?? {} }));
    const groups = Map.groupBy(changes, ({ values }) => Object.keys(values).sort().join());
    for (const group of groups.values()) await store(statements, shape, group);
    if (rows.length < batchRows) return;
    last = present(rows.at(-1), "the last row of a batch").id;
  }
}

/** Of a field with several values all of them, by language or company, as they are in the row. */
function movedValue(place: FieldPlace, value: unknown): ColumnValue {
  if (!isKeyed(place.field)) return columnValue(place, value);
  return value === null || value === undefined ? null : JSON.stringify(value);
}

/** What a change sets, as JSON of the columns: how a row lies in the trash. */
export function convertedColumns(
  model: string,
  { fields }: RowMove,
  values: Readonly<Record<string, unknown>>,
): string {
  const columns = Object.entries(values).map(([name, value]) => {
    const field = present(fields[name], `"${name}" is declared by the migration`);
    const kept = movedValue({ model: { label: model }, name, field }, value);
    const isJson = isKeyed(field) || field.kind === "json";
    return [name, isJson && typeof kept === "string" ? JSON.parse(kept) : kept];
  });
  return JSON.stringify(Object.fromEntries(columns));
}

interface Changed {
  readonly id: number;
  readonly values: Readonly<Record<string, unknown>>;
}

async function store(statements: Statements, model: Model, rows: readonly Changed[]): Promise<void> {
  const names = Object.keys(rows[0]?.values ?? {});
  if (names.length === 0) return;
  const valuesOf = (name: string): ColumnValue[] => {
    const field = present(model.fields[name], `"${name}" is declared by the migration`);
    return rows.map((row) => movedValue({ model, name, field }, row.values[name]));
  };
  const columns = new Map<string, readonly ColumnValue[]>([
    ["id", rows.map((row) => row.id)],
    ...names.map((name) => [name, valuesOf(name)] as const),
  ]);
  const set = joinSql(names.map((name) => sql`${ident(name)} = ${rowColumn(model, name, "v")}`));
  await statements.rows(sql`UPDATE ${ident(tableNamed(model.name))} "t" SET ${set} FROM ${rowsSql(model, columns, "v")}
    WHERE ${column("t", "id")} = ${column("v", "id")}`);
}
