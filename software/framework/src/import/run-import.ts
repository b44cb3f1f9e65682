import { ExpectedError } from "@holdfast/kernel/errors";
import type { Actor } from "../access/actor.ts";
import { requireRight } from "../access/require-right.ts";
import type { DataSource, Environment } from "../model/environment.ts";
import type { Model } from "../model/model.ts";
import { visibleFields } from "../remote/visible-fields.ts";
import { type ImportColumn, readColumns } from "./import-column.ts";
import { type ImportMessage, type ReadRow, readRows } from "./read-rows.ts";
import { writeRows } from "./write-rows.ts";

/** What is to be imported, and how. */
export interface ImportOrder {
  readonly model: Model;
  /** A field path for each column; null leaves a column out. */
  readonly fields: readonly (string | null)[];
  readonly data: readonly (readonly string[])[];
  /** `all`: everything or nothing. `rows`: what is right goes in, the rest is told of. `try`: nothing goes in. */
  readonly mode: "all" | "rows" | "try";
  /** Told after every batch. */
  readonly progress?: (done: number, total: number) => void;
}

/** What came of it. */
export interface ImportResult {
  /** Of the rows that went in, in their order; of a trial those that would have. */
  readonly ids: readonly number[];
  readonly imported: number;
  readonly messages: readonly ImportMessage[];
}

/** Most rows of one import. */
export const maxImportRows = 100_000;
/** Most messages that are told; a file that is wrong in every row is wrong in its columns. */
export const maxMessages = 200;
const batchRows = 500;
/** Tries to find the rows that spoil a batch, in one import. */
const maxSearches = 400;

/** Ends a transaction that has served its purpose by being tried. */
class OnlyTried extends Error {
  readonly ids: readonly number[];

  constructor(ids: readonly number[]) {
    super("an import was only tried");
    this.ids = ids;
  }
}

/**
 * Imports a table with the actor's own rights: it creates and changes nothing that the actor could not create
 * and change by hand. Faults name row and field. 1,000 contacts take about a second.
 *
 * @throws `too_large` above {@link maxImportRows}; whatever is wrong with rows or columns is told, not thrown.
 */
export async function runImport(data: DataSource, actor: Actor, order: ImportOrder): Promise<ImportResult> {
  if (order.data.length > maxImportRows)
    throw new ExpectedError(
      "too_large",
      `The file has ${order.data.length} rows: at most ${maxImportRows} at once.`,
    );
  const env = data.reading(actor);
  requireRight(env, order.model, "import");
  const { columns, faults } = readColumns(data.registry, order.model, {
    names: order.fields,
    visible: visibleFields(env, order.model),
  });
  if (faults.length > 0 || columns.every((column) => column.kind === "ignored"))
    return nothing(columnMessages(faults));
  const read = await readRows(env, { model: order.model, columns, data: order.data });
  if (order.mode === "all" && read.messages.length > 0) return nothing(read.messages);
  const run: Run = { data, actor, order, columns, searches: 0, messages: [...read.messages] };
  return order.mode === "rows" ? inParts(run, read.rows) : asOne(run, read.rows);
}

interface Run {
  readonly data: DataSource;
  readonly actor: Actor;
  readonly order: ImportOrder;
  readonly columns: readonly ImportColumn[];
  readonly messages: ImportMessage[];
  searches: number;
}

function nothing(messages: readonly ImportMessage[]): ImportResult {
  return { ids: [], imported: 0, messages: messages.slice(0, maxMessages) };
}

function columnMessages(
  faults: readonly { readonly column: string; readonly message: string }[],
): ImportMessage[] {
  if (faults.length === 0)
    return [{ type: "error", row: 0, field: "", message: "No column has a field to go to." }];
  return faults.map(({ column, message }) => ({ type: "error", row: 0, field: column, message }));
}

async function asOne(run: Run, rows: readonly ReadRow[]): Promise<ImportResult> {
  const { data, actor, order } = run;
  try {
    const ids = await data.writing(actor, async (env) => {
      const written = await writeBatches(env, run, rows);
      if (order.mode === "try") throw new OnlyTried(written);
      return written;
    });
    return { ids, imported: ids.length, messages: run.messages.slice(0, maxMessages) };
  } catch (error) {
    if (error instanceof OnlyTried)
      return { ids: [], imported: error.ids.length, messages: run.messages.slice(0, maxMessages) };
    if (!(error instanceof ExpectedError)) throw error;
    await blame(run, rows, error);
    return nothing(run.messages);
  }
}

async function writeBatches(env: Environment, { order }: Run, rows: readonly ReadRow[]): Promise<number[]> {
  const ids: number[] = [];
  for (let at = 0; at < rows.length; at += batchRows) {
    ids.push(...(await writeRows(env, order.model, rows.slice(at, at + batchRows))));
    order.progress?.(Math.min(at + batchRows, rows.length), rows.length);
  }
  return ids;
}

/** Finds out, by halves, which rows the database refuses; each try is taken back. */
async function blame(run: Run, rows: readonly ReadRow[], error: ExpectedError): Promise<void> {
  if (rows.length === 1 || ++run.searches > maxSearches || run.messages.length >= maxMessages) {
    run.messages.push({
      type: "error",
      row: rows.length === 1 ? (rows[0]?.row ?? 0) : 0,
      field: "",
      message: error.message,
    });
    return;
  }
  const middle = Math.ceil(rows.length / 2);
  let found = false;
  for (const half of [rows.slice(0, middle), rows.slice(middle)]) {
    const refused = await refusalOf(run, half);
    if (refused !== undefined) await blame(run, half, refused);
    found ||= refused !== undefined;
  }
  if (!found) run.messages.push({ type: "error", row: 0, field: "", message: error.message });
}

async function refusalOf(
  { data, actor, order }: Run,
  rows: readonly ReadRow[],
): Promise<ExpectedError | undefined> {
  try {
    await data.writing(actor, async (env) => {
      throw new OnlyTried(await writeRows(env, order.model, rows, { part: true }));
    });
  } catch (error) {
    if (error instanceof ExpectedError) return error;
    if (!(error instanceof OnlyTried)) throw error;
  }
  return undefined;
}

async function inParts(run: Run, rows: readonly ReadRow[]): Promise<ImportResult> {
  const { order } = run;
  const ids: number[] = [];
  for (let at = 0; at < rows.length; at += batchRows) {
    ids.push(...(await part(run, rows.slice(at, at + batchRows))));
    order.progress?.(Math.min(at + batchRows, rows.length), rows.length);
  }
  return { ids, imported: ids.length, messages: run.messages.slice(0, maxMessages) };
}

/** Puts a part in; refused, its halves, down to the single row that is wrong. */
async function part(run: Run, rows: readonly ReadRow[]): Promise<readonly number[]> {
  const { data, actor, order } = run;
  try {
    return await data.writing(actor, (env) => writeRows(env, order.model, rows));
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    if (rows.length === 1 || ++run.searches > maxSearches) {
      for (const { row } of rows)
        run.messages.push({ type: "error", row, field: "", message: error.message });
      return [];
    }
    const middle = Math.ceil(rows.length / 2);
    return [...(await part(run, rows.slice(0, middle))), ...(await part(run, rows.slice(middle)))];
  }
}
