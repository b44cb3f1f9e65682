import { ExpectedError } from "@holdfast/kernel/errors";
import { type CatalogTable, catalogTables } from "./catalog.ts";
import { type DatabaseAddress, openSession, quoted, type Session } from "./postgres.ts";
import type { JobOptions } from "./progress.ts";

/** Which rows of a restored database come back into the live one. */
export interface PartTable {
  readonly name: string;
  /** Only rows whose column has one of these values: files and messages of chosen records. */
  readonly only?: { readonly column: string; readonly values: readonly string[] } | undefined;
}

/** `merge` brings back what is missing or was changed; `replace` also removes what came since. */
export type PartsMode = "merge" | "replace";

/** See {@link restoreParts}. */
export interface PartsInput {
  /** The restored database, compared with its manifest, of the same schema as the live one. */
  readonly source: DatabaseAddress;
  /** The live database; its role owns the tables. */
  readonly target: DatabaseAddress;
  readonly tables: readonly PartTable[];
  readonly mode: PartsMode;
  /** Changes live and remembers this word with it, so that a second run does nothing; absent: only looks. */
  readonly apply?: string | undefined;
}

/** What becomes of one table. */
export interface PartChange {
  readonly table: string;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly unchanged: number;
}

/** Rows that would refer to rows that are not there afterwards. */
export interface Dangling {
  readonly table: string;
  readonly column: string;
  readonly target: string;
  readonly rows: number;
}

/** What becomes of every chosen table, and what stands in the way. */
export interface Parts {
  readonly tables: readonly PartChange[];
  readonly dangling: readonly Dangling[];
  readonly applied: boolean;
}

/** A table with what it is called while its restored rows stand beside the live ones. */
interface Part extends CatalogTable {
  readonly restored: string;
  readonly only: string;
}

/**
 * Puts rows of chosen tables from a restored database into the live one, or says what that would change: in one
 * transaction of the live database, so that it is done as a whole or not at all and every other table goes on.
 * Writers of the chosen tables wait meanwhile, readers do not. Every reference is asked before anything is changed,
 * and again by the database at the commit. Nothing of an archive is executed: rows go by COPY from table to table.
 *
 * Cost: reads the chosen rows once; memory is constant. Source: claim BAK-5.
 *
 * @throws ExpectedError `conflict` naming references that would dangle, or values that must be unique and are not.
 */
export async function restoreParts(input: PartsInput, options: JobOptions = {}): Promise<Parts> {
  const source = await openSession(input.source, options.signal);
  const target = await openSession(input.target, options.signal).catch(async (error: unknown) => {
    await source.close();
    throw error;
  });
  try {
    await target.rows("BEGIN");
    const done = input.apply === undefined ? undefined : await doneBefore(target, input.apply);
    if (done !== undefined) return done;
    const parts = await takeOver(source, target, { ...input, ...options });
    const tables: PartChange[] = [];
    for (const part of parts) tables.push(await changeOf(target, part, input.mode));
    const dangling = await danglingAfter(target, parts, input.mode);
    if (input.apply === undefined) return { tables, dangling, applied: false };
    if (dangling[0] !== undefined) throw refers(dangling[0]);
    await bringIn(target, parts, input.mode);
    const result = { tables, dangling, applied: true };
    await target.rows("SET CONSTRAINTS ALL IMMEDIATE");
    await target.rows(mark(JSON.stringify({ done: input.apply, result })));
    options.signal?.throwIfAborted();
    await target.rows("COMMIT");
    return result;
  } catch (error) {
    options.signal?.throwIfAborted();
    throw fromLive(error);
  } finally {
    await target.close(); // an open transaction ends with its connection
    await source.close();
  }
}

const markedTable = "public.hf_schema";
const mark = (text: string): string => `COMMENT ON TABLE ${markedTable} IS '${text.replaceAll("'", "''")}'`;

/** The mark commits with the rows: who asks again after a crash gets the answer and overwrites nobody's later work. */
async function doneBefore(target: Session, word: string): Promise<Parts | undefined> {
  const [row] = await target.rows(`SELECT obj_description('${markedTable}'::regclass, 'pg_class') AS mark`);
  if (typeof row?.["mark"] !== "string") return undefined;
  const { done, result } = JSON.parse(row["mark"]) as { readonly done: string; readonly result: Parts };
  return done === word ? result : undefined;
}

/** Copies the chosen rows beside the live ones, where they can be compared; gone with the transaction. */
async function takeOver(
  source: Session,
  target: Session,
  { tables, apply, signal, onProgress }: PartsInput & JobOptions,
): Promise<Part[]> {
  await source.rows("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  const known = new Map((await catalogTables(target)).map((table) => [table.name, table]));
  const restored = new Map((await catalogTables(source)).map((table) => [table.name, table]));
  const parts: Part[] = [];
  for (const [at, { name, only }] of tables.entries()) {
    signal?.throwIfAborted();
    const table = known.get(name);
    if (table === undefined || restored.get(name)?.columns.join() !== table.columns.join())
      throw new ExpectedError("conflict", `the table "${name}" is not the same in the backup and today`, {
        hint: "restore the whole database on the side and look at it there",
      });
    if (table.key.length === 0)
      throw new ExpectedError("conflict", `the rows of "${name}" have no key by which to tell them apart`);
    const part = { ...table, restored: `pg_temp.hf_part_${at}`, only: condition(only) };
    // Lets everybody read, and nobody write what is just being compared and changed.
    if (apply !== undefined)
      await target.rows(`LOCK TABLE public.${quoted(name)} IN SHARE ROW EXCLUSIVE MODE`);
    await target.rows(`CREATE TEMP TABLE hf_part_${at} (LIKE public.${quoted(name)}) ON COMMIT DROP`);
    const columns = columnsOf(part);
    const rows = source.copyOut(
      `COPY (SELECT ${columns} FROM public.${quoted(name)} t WHERE ${part.only}) TO STDOUT`,
    );
    await target.copyIn(`COPY ${part.restored} (${columns}) FROM STDIN`, rows);
    await target.rows(`ALTER TABLE ${part.restored} ADD PRIMARY KEY (${part.key.map(quoted).join(", ")})`);
    await target.rows(`ANALYZE ${part.restored}`);
    parts.push(part);
    onProgress?.({ step: "comparing rows with today's", done: at + 1, total: tables.length, unit: "tables" });
  }
  return parts;
}

/** Of the table `t`. Values are names of models: nothing else is let through. */
function condition(only: PartTable["only"]): string {
  if (only === undefined) return "true";
  const wrong = [only.column, ...only.values].find((word) => !/^[a-z_][a-z0-9_.]*$/i.test(word));
  if (wrong !== undefined) throw new ExpectedError("bad_request", "rows are chosen by the names of models");
  return `t.${quoted(only.column)} IN (${only.values.map((value) => `'${value}'`).join(", ")})`;
}

const columnsOf = ({ columns }: CatalogTable): string => columns.map(quoted).join(", ");
const same = ({ key }: CatalogTable, one: string, other: string): string =>
  key.map((name) => `${one}.${quoted(name)} = ${other}.${quoted(name)}`).join(" AND ");
const rowOf = ({ columns }: CatalogTable, alias: string): string =>
  `ROW(${columns.map((name) => `${alias}.${quoted(name)}`).join(", ")})`;
const live = ({ name }: CatalogTable): string => `public.${quoted(name)}`;
const came = (part: Part): string =>
  `${part.only} AND NOT EXISTS (SELECT FROM ${part.restored} r WHERE ${same(part, "r", "t")})`;
const missing = (part: Part): string =>
  `NOT EXISTS (SELECT FROM ${live(part)} t WHERE ${same(part, "r", "t")})`;

async function changeOf(target: Session, part: Part, mode: PartsMode): Promise<PartChange> {
  const count = async (text: string): Promise<number> => Number((await target.rows(text))[0]?.["n"]);
  const both = `FROM ${live(part)} t JOIN ${part.restored} r ON ${same(part, "r", "t")}`;
  const changed = await count(
    `SELECT count(*) AS n ${both} WHERE ${rowOf(part, "t")} IS DISTINCT FROM ${rowOf(part, "r")}`,
  );
  return {
    table: part.name,
    added: await count(`SELECT count(*) AS n FROM ${part.restored} r WHERE ${missing(part)}`),
    changed,
    removed:
      mode === "merge" ? 0 : await count(`SELECT count(*) AS n FROM ${live(part)} t WHERE ${came(part)}`),
    unchanged: (await count(`SELECT count(*) AS n ${both}`)) - changed,
  };
}

interface ForeignKey {
  readonly table: string;
  readonly column: string;
  readonly target: string;
  readonly targetColumn: string;
}

/** Every reference from or to a chosen table, asked of the rows as they would be. */
async function danglingAfter(target: Session, parts: readonly Part[], mode: PartsMode): Promise<Dangling[]> {
  const chosen = new Map(parts.map((part) => [part.name, part]));
  const rows = (await target.rows(
    `SELECT c.relname AS "table", a.attname AS "column", f.relname AS target, b.attname AS "targetColumn"
      FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
        JOIN pg_attribute b ON b.attrelid = f.oid AND b.attnum = k.confkey[1]
      WHERE k.contype = 'f' AND c.relnamespace = 'public'::regnamespace AND cardinality(k.conkey) = 1
        AND (c.relname = ANY($1::name[]) OR f.relname = ANY($1::name[])) ORDER BY 1, 2`,
    [[...chosen.keys()]],
  )) as unknown as ForeignKey[];
  const found: Dangling[] = [];
  for (const key of rows) {
    // What nothing is taken from keeps all that leads to it.
    if (!chosen.has(key.table) && mode === "merge") continue;
    const [from, to] = [after(key.table, chosen, mode), after(key.target, chosen, mode)];
    const column = quoted(key.column);
    const [row] = await target.rows(
      `SELECT count(*) AS n FROM (${from}) s WHERE s.${column} IS NOT NULL
        AND NOT EXISTS (SELECT FROM (${to}) d WHERE d.${quoted(key.targetColumn)} = s.${column})`,
    );
    const { table, target: leadsTo } = key;
    if (Number(row?.["n"]) > 0)
      found.push({ table, column: key.column, target: leadsTo, rows: Number(row?.["n"]) });
  }
  return found;
}

/** A table's rows as they would be. */
function after(name: string, chosen: ReadonlyMap<string, Part>, mode: PartsMode): string {
  const part = chosen.get(name);
  if (part === undefined) return `SELECT * FROM public.${quoted(name)}`;
  const columns = columnsOf(part);
  const goes = mode === "merge" ? "false" : part.only;
  return `SELECT ${columns} FROM ${part.restored} UNION ALL SELECT ${columns} FROM ${live(part)} t
    WHERE NOT (${goes}) AND NOT EXISTS (SELECT FROM ${part.restored} r WHERE ${same(part, "r", "t")})`;
}

/**
 * Changed rows first, so that nothing that stays leads to what goes; then what goes, those that refer before those
 * that are referred to; last what is missing. References wait for the commit.
 */
async function bringIn(target: Session, parts: readonly Part[], mode: PartsMode): Promise<void> {
  await target.rows("SET CONSTRAINTS ALL DEFERRED");
  for (const part of parts) {
    const set = part.columns
      .filter((name) => !part.key.includes(name))
      .map((name) => `${quoted(name)} = r.${quoted(name)}`);
    if (set.length > 0)
      await target.rows(`UPDATE ${live(part)} t SET ${set.join(", ")} FROM ${part.restored} r
        WHERE ${same(part, "r", "t")} AND ${rowOf(part, "t")} IS DISTINCT FROM ${rowOf(part, "r")}`);
  }
  if (mode === "replace")
    for (const part of await referringFirst(target, parts))
      await target.rows(`DELETE FROM ${live(part)} t WHERE ${came(part)}`);
  for (const part of parts) {
    const columns = columnsOf(part);
    await target.rows(
      `INSERT INTO ${live(part)} (${columns}) SELECT ${columns} FROM ${part.restored} r WHERE ${missing(part)}`,
    );
    await numberOn(target, part);
  }
}

/** Numbers that came back are not given again. */
async function numberOn(target: Session, part: Part): Promise<void> {
  const [row] = await target.rows(
    "SELECT pg_get_serial_sequence($1, 'id') AS name WHERE $2 = ANY($3::text[])",
    [live(part), "id", [...part.columns]],
  );
  if (typeof row?.["name"] !== "string") return;
  await target.rows(
    `SELECT setval($1::regclass, greatest(m.id, s.last_value), m.id IS NOT NULL OR s.is_called)
      FROM (SELECT max(id) AS id FROM ${live(part)}) m, ${row["name"]} s`,
    [row["name"]],
  );
}

async function referringFirst(target: Session, parts: readonly Part[]): Promise<Part[]> {
  const names = parts.map(({ name }) => name);
  const edges = await target.rows(
    `SELECT c.relname AS "from", f.relname AS "to" FROM pg_constraint k
      JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid
      WHERE k.contype = 'f' AND c.oid <> f.oid AND c.relname = ANY($1::name[]) AND f.relname = ANY($1::name[])`,
    [names],
  );
  const left = [...parts];
  const sorted: Part[] = [];
  while (left.length > 0) {
    const waiting = new Set(left.map(({ name }) => name));
    const isFree = ({ name }: Part): boolean =>
      !edges.some((edge) => edge["to"] === name && waiting.has(String(edge["from"])));
    // In a ring any may be first: the database says so when it cannot be.
    const next = left.find(isFree) ?? left[0];
    if (next === undefined) break;
    sorted.push(next);
    left.splice(left.indexOf(next), 1);
  }
  return sorted;
}

function refers({ table, column, target, rows }: Dangling): ExpectedError {
  return new ExpectedError(
    "conflict",
    `${rows} rows of "${table}" would refer by "${column}" to rows of "${target}" that are not there then`,
    { hint: `choose "${target}" as well; nothing was changed` },
  );
}

/** What today's rows do not allow is an answer, not a defect. */
function fromLive(error: unknown): unknown {
  const { code, table, constraint } = error as { code?: unknown; table?: string; constraint?: string };
  if (typeof code !== "string" || !/^23[0-9A-Z]{3}$/.test(code)) return error;
  return new ExpectedError(
    "conflict",
    `today's rows do not let those of the backup in: "${constraint ?? ""}" of "${table ?? ""}" would be broken`,
    {
      hint: "choose what it belongs to as well, or replace instead of bringing back; nothing was changed",
      cause: error,
    },
  );
}
