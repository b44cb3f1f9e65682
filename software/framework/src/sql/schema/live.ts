import { sql } from "../sql.ts";
import type { Statements } from "../statements.ts";
import type { Column, Constraint, Index, IndexTerm, Schema, Table } from "./schema.ts";

/** Our own bookkeeping; no model's. */
export const bookkeepingTables = ["hf_schema", "hf_migration"] as const;

/** The schema that a database has: its public tables but our own. Three statements. Unknown constraints are left out. */
export async function liveSchema(statements: Statements): Promise<Schema> {
  const columns = await statements.rows<LiveColumn>(columnsQuery);
  const constraints = await statements.rows<LiveConstraint>(constraintsQuery);
  const indexes = await statements.rows<LiveIndex>(indexesQuery);
  return {
    tables: tablesOf(columns),
    constraints: constraints.map(constraintOf),
    indexes: indexes.map(indexOf),
  };
}

interface LiveIndex {
  readonly name: string;
  readonly table: string;
  readonly method: string;
  /** Each key: its column, expression, collation and direction, one a line. */
  readonly keys: readonly string[];
}

/** In the shape in which they are declared. */
function indexOf({ name, table, method, keys }: LiveIndex): Index {
  const [first, ...rest] = keys.map((key): IndexTerm & { readonly source: boolean } => {
    const [column = "", expression = "", collation, direction] = key.split("\n");
    const [, behind = ""] = /^\(?"?([a-z0-9_]+)"? ->> /.exec(expression) ?? [];
    return {
      column: column === "" ? behind : column,
      people: collation === people,
      descending: direction === "desc",
      source: column === "",
    };
  });
  const own = { name, table, column: first?.column ?? "" };
  if (method === "gin") return { ...own, ofTexts: true };
  const order = rest.map(({ source: _source, ...term }) => term);
  if (first?.people) return { ...own, ofOrder: true, ...(first.source && { source: true as const }), order };
  return { ...own, ...(order.length > 0 && { order }) };
}

/** How people sort. */
const people = "und-x-icu";

interface LiveColumn {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly identity: boolean;
  readonly key: boolean;
}

interface LiveConstraint {
  readonly name: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly kind: "u" | "f" | "c";
  readonly target: string | null;
  readonly on_delete: string;
  readonly deferred: boolean;
}

function constraintOf({ kind, target, on_delete, deferred, ...rest }: LiveConstraint): Constraint {
  if (kind === "u") return { ...rest, kind: "unique" };
  if (kind === "c") return { ...rest, kind: "check" };
  const onDelete = deleteActions[on_delete] ?? "restrict";
  return { ...rest, kind: "reference", target: target ?? "", onDelete, deferred };
}

const deleteActions: Readonly<Record<string, "restrict" | "cascade" | "set null">> = {
  c: "cascade",
  n: "set null",
  a: "restrict",
  r: "restrict",
};

const columnsQuery = sql`
  SELECT c.relname::text AS "table", a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS type,
    a.attnotnull AS required, a.attidentity <> '' AS identity,
    EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p' AND a.attnum = ANY (k.conkey)) AS key
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> ALL(${[...bookkeepingTables]}::name[])
  ORDER BY c.relname, a.attnum`;

const constraintsQuery = sql`
  SELECT k.conname::text AS name, c.relname::text AS "table", k.contype::text AS kind,
    ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u(n, i)
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.n ORDER BY u.i) AS columns,
    f.relname::text AS target, k.confdeltype::text AS on_delete, k.condeferred AS deferred
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    LEFT JOIN pg_class f ON f.oid = k.confrelid
  WHERE c.relnamespace = 'public'::regnamespace AND k.contype IN ('u', 'f', 'c')
    AND c.relname <> ALL(${[...bookkeepingTables]}::name[])
  ORDER BY c.relname, k.conname`;

const indexesQuery = sql`
  SELECT i.relname::text AS name, c.relname::text AS "table", m.amname::text AS method,
    ARRAY(SELECT concat_ws(E'\\n', COALESCE(a.attname::text, ''),
        CASE WHEN a.attname IS NULL THEN pg_get_indexdef(x.indexrelid, k.i::integer, true) ELSE '' END,
        COALESCE(o.collname::text, ''), CASE WHEN k.direction & 1 = 1 THEN 'desc' ELSE '' END)
      FROM unnest(x.indkey::int2[], x.indcollation::oid[], x.indoption::int2[])
        WITH ORDINALITY AS k(column_number, collation_id, direction, i)
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.column_number AND k.column_number > 0
        LEFT JOIN pg_collation o ON o.oid = k.collation_id
      ORDER BY k.i) AS keys
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
    JOIN pg_am m ON m.oid = i.relam
  WHERE c.relnamespace = 'public'::regnamespace AND NOT x.indisunique
  ORDER BY c.relname, i.relname`;

function tablesOf(columns: readonly LiveColumn[]): Table[] {
  return [...Map.groupBy(columns, (column) => column.table)].map(([name, rows]) => ({
    name,
    columns: rows.map(
      (row): Column => ({
        name: row.name,
        type: row.type,
        required: row.required,
        ...(row.identity && { identity: true }),
      }),
    ),
    primaryKey: rows.filter((row) => row.key).map((row) => row.name),
  }));
}
