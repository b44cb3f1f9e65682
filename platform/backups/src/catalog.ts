import { ExpectedError } from "@holdfast/kernel/errors";
import { type ArchiveTable, tablesSchema } from "./archive.ts";
import { quoted, type Session } from "./postgres.ts";

/** A table as the database's own catalog describes it. */
export interface CatalogTable extends ArchiveTable {
  /** Columns whose order depends on a collation. */
  readonly collated: readonly string[];
}

export interface SequenceState {
  readonly name: string;
  /** A 64-bit integer as text. */
  readonly value: string;
  readonly called: boolean;
}

/**
 * Lists what a backup must hold: every ordinary table of `public` with its stored (not generated) columns, by name.
 *
 * @throws ExpectedError when rows would be left out silently: data in another schema, partitioned or foreign tables,
 * materialized views, large objects.
 */
export async function catalogTables(session: Session): Promise<CatalogTable[]> {
  await refuseWhatWouldBeMissed(session);
  const rows = await session.rows(tablesQuery);
  const tables = rows.map((row) => row["described"] as CatalogTable);
  const wrong = tablesSchema.safeParse(
    tables.map(({ name, columns, key }) => ({ name, columns, key })),
  ).error;
  if (wrong !== undefined)
    throw new ExpectedError(
      "invalid",
      `cannot back up a table or column with this name or number: ${wrong.issues[0]?.path.join(".")}`,
    );
  return tables;
}

/** Reads every sequence of `public`, those of identity columns included. They are not part of any snapshot. */
export async function catalogSequences(session: Session): Promise<SequenceState[]> {
  const found = await session.rows(`SELECT relname AS name FROM pg_class
    WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace ORDER BY relname COLLATE "C"`);
  const states: SequenceState[] = [];
  for (const { name } of found) {
    const sql = `SELECT last_value::text AS value, is_called AS called FROM public.${quoted(String(name))}`;
    const [state] = await session.rows(sql);
    states.push({ name: String(name), value: String(state?.["value"]), called: state?.["called"] === true });
  }
  return states;
}

/** Makes the rows of one table one defined sequence of bytes: the same rows always give the same digest. */
export function copyOutSql(table: ArchiveTable, collated: readonly string[]): string {
  const columns = table.columns.map(quoted).join(", ");
  const keyed = table.key.map((name) => `${quoted(name)}${collated.includes(name) ? ' COLLATE "C"' : ""}`);
  const order = keyed.length > 0 ? keyed : table.columns.map((name) => `${quoted(name)}::text COLLATE "C"`);
  const sorted = order.length > 0 ? ` ORDER BY ${order.join(", ")}` : "";
  return `COPY (SELECT ${columns} FROM public.${quoted(table.name)}${sorted}) TO STDOUT`;
}

/** @param isFresh - whether the table was emptied in this transaction: its rows are then written as old ones at once. */
export function copyInSql(table: ArchiveTable, isFresh: boolean): string {
  const sql = `COPY public.${quoted(table.name)} (${table.columns.map(quoted).join(", ")}) FROM STDIN`;
  return isFresh ? `${sql} (FREEZE)` : sql;
}

const tablesQuery = `
  SELECT jsonb_build_object(
    'name', c.relname,
    'columns', coalesce((SELECT jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''), '[]'),
    'key', coalesce((SELECT jsonb_agg(a.attname ORDER BY k.at) FROM pg_index i
      CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, at)
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
      WHERE i.indrelid = c.oid AND i.indisprimary), '[]'),
    'collated', coalesce((SELECT jsonb_agg(a.attname) FROM pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attcollation <> 0), '[]')
  ) AS described
  FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
  ORDER BY c.relname COLLATE "C"`;

const missedQuery = `
  SELECT n.nspname || '.' || c.relname AS what FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
      AND (c.relkind IN ('p', 'f', 'm') OR (c.relkind IN ('r', 'S') AND n.nspname <> 'public'))
  UNION ALL SELECT 'large object ' || oid FROM pg_largeobject_metadata
  LIMIT 1`;

async function refuseWhatWouldBeMissed(session: Session): Promise<void> {
  const [missed] = await session.rows(missedQuery);
  if (missed !== undefined)
    throw new ExpectedError(
      "invalid",
      `cannot back up "${missed["what"]}": only plain tables and sequences of "public" are`,
      {
        hint: "move it there or drop it; nothing is left out of a backup silently",
      },
    );
}
