import type { PlainRow } from "../model/condition-memory.ts";
import type { Model } from "../model/model.ts";
import { pairTableOf, tableOf } from "../model/storage.ts";
import type { Database } from "../sql/database.ts";
import { ident, joinSql, type Sql, sql } from "../sql/sql.ts";
import { sampleModels } from "./sample-models.ts";
import type { SampleRows } from "./sample-rows.ts";

/** Replaces all rows, past every check: this is what the compiled statements will find. */
export async function loadRows(
  database: Database,
  rows: SampleRows,
  models: readonly Model[] = sampleModels,
): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.rows(sql`SET LOCAL session_replication_role = replica`);
    await transaction.rows(sql`TRUNCATE ${joinSql(models.map((model) => ident(tableOf(model))))} CASCADE`);
    const all = models.flatMap((model) => (rows[model.name] ?? []).map((row) => [model, row] as const));
    for (const [model, row] of all) await transaction.rows(insertion(model, row));
    for (const model of models) await transaction.rows(restarted(model));
    for (const [model, row] of all) for (const pair of pairs(model, row)) await transaction.rows(pair);
  });
}

function insertion(model: Model, row: PlainRow): Sql {
  const names = Object.keys(row).filter((name) => isColumn(model, name));
  const columns = joinSql(["id", "create_date", "write_date", ...names].map(ident));
  const values = joinSql([
    sql`${row.id}`,
    sql`now()`,
    sql`now()`,
    ...names.map((name) => valueIn(model, name, row[name])),
  ]);
  return sql`INSERT INTO ${ident(tableOf(model))} (${columns}) OVERRIDING SYSTEM VALUE VALUES (${values})`;
}

function valueIn(model: Model, name: string, value: unknown): Sql {
  const field = model.fields[name];
  const keyed = field?.translated === true || field?.perCompany === true;
  return keyed && value !== null ? sql`${JSON.stringify(value)}::jsonb` : sql`${value}`;
}

function isColumn(model: Model, name: string): boolean {
  const kind = model.fields[name]?.kind;
  return name === "create_uid" || (kind !== undefined && kind !== "many2many");
}

/** New records get ids that no row has. */
function restarted(model: Model): Sql {
  return sql`ALTER TABLE ${ident(tableOf(model))} ALTER COLUMN id RESTART WITH 1000`;
}

function pairs(model: Model, row: PlainRow): Sql[] {
  return Object.entries(model.fields)
    .filter(([, field]) => field.kind === "many2many")
    .flatMap(([name]) => {
      const table = ident(pairTableOf(model, name));
      return (row[name] as readonly number[]).map(
        (id) => sql`INSERT INTO ${table} (left_id, right_id) VALUES (${row.id}, ${id})`,
      );
    });
}
