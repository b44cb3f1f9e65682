import type { ArchiveTable, Manifest } from "../archive.ts";
import { quoted } from "../postgres.ts";

/** The parts of a dump.sql around the rows. All of it follows from the archive, so its size is known before the rows. */
export interface DumpText {
  /** Settings and tables. */
  readonly before: Buffer;
  /** Sequences, then keys, constraints and indexes: rows load in any order of tables. */
  readonly after: Buffer;
}

/**
 * Puts the schema around the rows as psql loads it: `psql -v ON_ERROR_STOP=1 -f dump.sql` into an empty database.
 *
 * @param schema - `pg_dump --schema-only`, whose parts come in the order tables, then keys and indexes.
 */
export function dumpText(manifest: Manifest, schema: string): DumpText {
  const [tables, constraints] = splitSchema(schema);
  const sequences = manifest.sequences.map(
    ({ name, value, called }) =>
      `SELECT pg_catalog.setval('public.${quoted(name).replaceAll("'", "''")}', ${value}, ${called});\n`,
  );
  return {
    before: Buffer.from(`${titleOf(manifest)}${tables}${settings}`),
    after: Buffer.from(`\n${sequences.join("")}\n${constraints}`),
  };
}

/** What stands before a table's rows. */
export function copyHead(table: Pick<ArchiveTable, "name" | "columns">): Buffer {
  const columns = table.columns.map(quoted).join(", ");
  return Buffer.from(`\nCOPY public.${quoted(table.name)} (${columns}) FROM stdin;\n`);
}

/** What stands after them. COPY text has no line like it: a backslash of a value is doubled. */
export const copyEnd: Buffer = Buffer.from("\\.\n");

/** The size of dump.sql. */
export function dumpBytes(manifest: Manifest, { before, after }: DumpText): number {
  return manifest.tables.reduce(
    (sum, table) => sum + copyHead(table).byteLength + table.bytes + copyEnd.byteLength,
    before.byteLength + after.byteLength,
  );
}

function titleOf({ name, takenAt, backupId }: Manifest): string {
  const title = `${name} at ${takenAt}, backup ${backupId}`.replace(/[^\x20-\x7e]/g, "?");
  return `-- Holdfast: ${title}\n-- Into an empty database: psql -X -v ON_ERROR_STOP=1 -d NAME -f dump.sql\n\n`;
}

const settings = `\nSET client_encoding = 'UTF8';\nSET DateStyle = 'ISO, YMD';\nSET IntervalStyle = 'postgres';\nSET TimeZone = 'UTC';\n`;

/** Where pg_dump begins with what belongs after the rows; each entry stands under a comment of this form. */
const afterRows =
  /^--\n-- Name: [^\n]*; Type: (?:CONSTRAINT|FK CONSTRAINT|CHECK CONSTRAINT|INDEX|TRIGGER|EVENT TRIGGER|RULE|STATISTICS|POLICY|PUBLICATION); Schema: /m;
const closing = /^--\n-- PostgreSQL database dump complete\n/m;

function splitSchema(schema: string): [string, string] {
  const at = afterRows.exec(schema)?.index ?? closing.exec(schema)?.index ?? schema.length;
  return [schema.slice(0, at), schema.slice(at)];
}
