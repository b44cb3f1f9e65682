import { ident, joinSql, type Sql, sql } from "../../sql/sql.ts";
import type { ColumnValue } from "../field-value.ts";
import type { Model } from "../model.ts";
import { tableOf } from "../storage.ts";
import type { PlacedCompute } from "../triggers.ts";
import type { Context } from "./context.ts";
import type { Prepared } from "./prepare.ts";
import { rowColumn, rowsSql } from "./rows.ts";
import { stamps } from "./stamps.ts";
import { inserted } from "./stored-value.ts";

/** New records, all that they hold. */
export interface Insert {
  readonly prepared: readonly Prepared[];
  /** Fields that the caller gave, for any of the records. */
  readonly named: ReadonlySet<string>;
  /** Computes that have run already. */
  readonly done: ReadonlySet<PlacedCompute>;
}

/** What new rows hold: for each column its values, in the order of the rows. */
export interface InsertedColumns {
  readonly names: readonly string[];
  readonly values: ReadonlyMap<string, readonly ColumnValue[]>;
}

/** All columns of new rows, the automatic ones among them. All rows have the same. */
export function insertedColumns(
  context: Context,
  model: Model,
  prepared: readonly Prepared[],
): InsertedColumns {
  const values = new Map<string, readonly ColumnValue[]>();
  const columns = prepared[0]?.columns;
  // In the model's order, whatever the caller's: one text for all callers.
  for (const name of Object.keys(model.fields))
    if (columns?.has(name) === true)
      values.set(
        name,
        prepared.map((one) => one.columns.get(name) ?? null),
      );
  for (const [name, value] of stamps(context, ["create", "write"]))
    values.set(
      name,
      prepared.map(() => value),
    );
  return { names: [...values.keys()], values };
}

/** The rows come in as one array a column: the text does not grow with them. They get their ids in their order. */
export function insertSql(
  context: Context,
  model: Model,
  { columns, returned }: { readonly columns: InsertedColumns; readonly returned: readonly Sql[] },
): Sql {
  const { names, values } = columns;
  const given = (name: string) => rowColumn(model, name, "v");
  const currency = (name: string) => (names.includes(name) ? given(name) : null);
  const selected = names.map((name) => inserted(context, model, { name, value: given(name), currency }));
  return sql`
    INSERT INTO ${ident(tableOf(model))} AS "t" (${joinSql(names.map(ident))})
    SELECT ${joinSql(selected)} FROM ${rowsSql(model, values, "v")}
    ORDER BY "v"."hf_row" RETURNING ${joinSql(returned)}`;
}
