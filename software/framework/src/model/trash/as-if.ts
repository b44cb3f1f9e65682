import { ident, joinSql, type Sql, sql } from "../../sql/sql.ts";
import type { Statements } from "../../sql/statements.ts";
import type { Model } from "../model.ts";
import type { Context } from "../records/context.ts";
import { column } from "../records/where.ts";
import { pairTableOf, tableOf } from "../storage.ts";
import { pairings } from "./relations.ts";
import { pairKey, type TrashContent, trashModel, type UnsetReference } from "./trash-model.ts";

/** An entry of the trash, its rows left in the database. */
export interface TrashEntry {
  readonly id: number;
  readonly recordId: number;
  readonly xid: string;
  readonly models: TrashContent["models"];
  readonly unset: readonly UnsetReference[];
  readonly takes: number;
  readonly deletedBy: number | null;
  readonly deletedAt: string;
  readonly expiresAt: string;
}

const table = ident(tableOf(trashModel));

/**
 * The same actor, reading as if the entries were restored: every table that a statement names is the live one and
 * the removed rows. So rights, rules, field permissions and names are asked by the very statements that ask them of
 * any record, and none of them knows of a trash.
 *
 * A reference that the deletion unset in a record that stayed is unset here too.
 */
export function asIfRestored(context: Context, entries: readonly TrashEntry[]): Context {
  return { ...context, statements: shadowed(context.statements, shadows(context, entries)) };
}

function shadowed(statements: Statements, tables: readonly Sql[]): Statements {
  const over = (statement: Sql) => sql`WITH ${joinSql(tables)} ${statement}`;
  return {
    rows: (statement) => statements.rows<never>(over(statement)),
    tuples: (statement) => statements.tuples(over(statement)),
    texts: (statement) => statements.texts(over(statement)),
  };
}

/** Tables by the names of the live ones; within its own definition such a name is the live one. */
function shadows(context: Context, entries: readonly TrashEntry[]): Sql[] {
  const { registry } = context;
  const ids = entries.map(({ id }) => id);
  const names = new Set(entries.flatMap(({ models }) => Object.keys(models)));
  const models = [...names].flatMap((name) => registry.models.get(name) ?? []);
  const pairs = pairings(registry, names);
  return [
    ...models.map((model) => {
      const own = ident(tableOf(model));
      const removed = entries.flatMap((entry) => entry.models[model.name] ?? []);
      // A number that is in use again in another way stands for what was removed here.
      const live = sql`SELECT * FROM ${own} WHERE id <> ALL(${removed}::integer[])`;
      return sql`${own} AS NOT MATERIALIZED (${live} UNION ALL SELECT "r".* FROM ${removedRows(model, ids)})`;
    }),
    ...pairs.map(({ model, field }) => {
      const own = ident(pairTableOf(model, field));
      return sql`${own} AS NOT MATERIALIZED (SELECT left_id, right_id FROM ${own}
        UNION ALL SELECT "p".left_id, "p".right_id FROM (${removedPairs(model, field, ids)}) "p")`;
    }),
  ];
}

/** FROM: the removed rows of a model as rows of its table, called `r`; `e` is their entry. */
export function removedRows(model: Model, entryIds: readonly number[]): Sql {
  return sql`${table} "e", jsonb_populate_recordset(NULL::${ident(tableOf(model))}, "e"."content"->'rows'->${model.name}) "r"
    WHERE ${column("e", "id")} = ANY(${entryIds}::integer[])`;
}

/** SELECT: the removed pairs of a many2many, and when; a pair with a side in each of two entries stands in both. */
export function removedPairs(model: Model, field: string, entryIds: readonly number[]): Sql {
  return sql`SELECT DISTINCT ("pair"->>0)::integer AS left_id, ("pair"->>1)::integer AS right_id,
    "e"."create_date" AS deleted_at FROM ${table} "e", jsonb_array_elements("e"."content"->'pairs'->${pairKey(model, field)}) "pair"
    WHERE ${column("e", "id")} = ANY(${entryIds}::integer[])`;
}

/** Terms that choose entries of one model; `e` is the entry. */
export async function findEntries(
  context: Context,
  model: Model,
  { where, rest }: { readonly where: Sql; readonly rest: Sql },
): Promise<TrashEntry[]> {
  const tuples = await context.statements.tuples(sql`SELECT ${joinSql(
    ["id", "res_id", "takes", "create_uid"].map((name) => column("e", name)),
  )}, "e"."content"->>'xid', ("e"."content"->'models')::text, ("e"."content"->'unset')::text, ${moment("create_date")}, ${moment("expires_at")}
    FROM ${table} "e" WHERE ${column("e", "res_model")} = ${model.name} AND ${where} ${rest}`);
  return tuples.map(([id, recordId, takes, deletedBy, xid, models, unset, deletedAt, expiresAt]) => ({
    id: id as number,
    recordId: recordId as number,
    takes: takes as number,
    deletedBy: deletedBy as number | null,
    xid: String(xid),
    models: JSON.parse(String(models)) as TrashEntry["models"],
    unset: JSON.parse(String(unset)) as readonly UnsetReference[],
    deletedAt: String(deletedAt),
    expiresAt: String(expiresAt),
  }));
}

/** As the remote API writes moments. */
function moment(name: string): Sql {
  return sql`to_char(${column("e", name)} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')`;
}
