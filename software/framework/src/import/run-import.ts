import { ExpectedError } from "@holdfast/kernel/errors";
import type { Actor } from "../access/actor.ts";
import { requireRight } from "../access/require-right.ts";
import type { DataSource } from "../model/environment.ts";
import { visibleFields } from "../remote/visible-fields.ts";
import { readColumns } from "./import-column.ts";
import { type ImportOrder, maxImportRows, maxMessages } from "./import-order.ts";
import { ImportRun } from "./import-run.ts";
import { ownNames } from "./own-names.ts";
import type { ImportMessage } from "./read-rows.ts";

/** What came of it. */
export interface ImportResult {
  /** Of the rows that went in, in their order; of a trial none. */
  readonly ids: readonly number[];
  /** Rows that went in; of a trial those that would have. */
  readonly imported: number;
  /** At most {@link maxMessages}. */
  readonly messages: readonly ImportMessage[];
  /** How many there are in all. */
  readonly problems: number;
}

/** Takes back what was only tried, or was not right. */
class TakenBack extends Error {
  readonly run: ImportRun;

  constructor(run: ImportRun) {
    super("an import was taken back");
    this.run = run;
  }
}

/**
 * Imports a table with the actor's own rights, in one transaction: it creates and changes nothing that the actor
 * could not create and change by hand. Faults name row and field. Memory does not grow with the rows: they are read
 * and written batch by batch, and read again when rows wait for later ones.
 *
 * @throws `too_large` above {@link maxImportRows}; whatever is wrong with rows or columns is told, not thrown.
 */
export async function runImport(data: DataSource, actor: Actor, order: ImportOrder): Promise<ImportResult> {
  const { source, model, mode } = order;
  if (source.total > maxImportRows)
    throw new ExpectedError(
      "too_large",
      `The file has ${source.total} rows: at most ${maxImportRows} at once.`,
    );
  const env = data.reading(actor);
  requireRight(env, model, "import");
  const visible = visibleFields(env, model);
  const { columns, faults } = readColumns(data.registry, model, { names: order.fields, visible });
  if (faults.length > 0 || columns.every((column) => column.kind === "ignored")) return noColumns(faults);
  const own = await ownNames(source, model, columns);
  const run = await data
    .inParts(actor, async (parts) => {
      const one = new ImportRun({ order, columns, own, visible }, parts);
      await one.all();
      if (mode === "try" || (mode === "all" && one.problems > 0)) throw new TakenBack(one);
      return one;
    })
    .catch((error: unknown) => {
      if (error instanceof TakenBack) return error.run;
      throw error;
    });
  const { messages, problems } = run;
  if (mode === "all" && problems > 0) return { ids: [], imported: 0, messages, problems };
  return { ids: mode === "try" ? [] : run.ids(), imported: run.imported, messages, problems };
}

function noColumns(faults: readonly { readonly column: string; readonly message: string }[]): ImportResult {
  const about = faults.length > 0 ? faults : [{ column: "", message: "No column has a field to go to." }];
  const messages = about.map(
    ({ column, message }): ImportMessage => ({ type: "error", row: 0, field: column, message }),
  );
  return { ids: [], imported: 0, messages: messages.slice(0, maxMessages), problems: messages.length };
}
