import { type ErrorCode, ExpectedError } from "@holdfast/kernel/errors";
import type { Parts } from "../model/environment.ts";
import type { ImportColumn } from "./import-column.ts";
import { type ImportOrder, maxMessages } from "./import-order.ts";
import type { OwnNames } from "./own-names.ts";
import { type ImportMessage, type NumberedRow, type ReadRow, RowReader } from "./read-rows.ts";
import { writeRows } from "./write-rows.ts";

/** Rows of one part: 100,000 rows are fifty of them, fewer than make PostgreSQL's own book-keeping slow (64). */
const partRows = 2_000;
/** Characters of one part at most, whatever its rows. */
const partCharacters = 4 * 1_048_576;
/** Rows of one statement. */
const statementRows = 500;
/** How often rows may wait for others of the same file: a company, its branch, the people there. */
const maxWaves = 20;
/** Tries to find the rows that spoil a part, in one import. */
const maxSearches = 400;
/** Failures that are about rows; all others end the import. */
const rowFailures: ReadonlySet<ErrorCode> = new Set([
  "invalid",
  "conflict",
  "not_found",
  "access_denied",
  "too_large",
  "bad_request",
]);

interface Plan {
  readonly order: ImportOrder;
  readonly columns: readonly ImportColumn[];
  readonly own: OwnNames;
  /** Fields that the actor may see. */
  readonly visible: ReadonlySet<string>;
}

/** One reading and writing of a whole file, in the parts of one transaction. */
export class ImportRun {
  readonly messages: ImportMessage[] = [];
  problems = 0;
  imported = 0;
  readonly #plan: Plan;
  readonly #parts: Parts;
  readonly #reader: RowReader;
  /** By row: 0 when it is neither in nor refused. */
  readonly #settled: Uint8Array;
  readonly #ids: Int32Array;
  #done = 0;
  #told = 0;
  #searches = 0;

  constructor(plan: Plan, parts: Parts) {
    this.#plan = plan;
    this.#parts = parts;
    this.#reader = new RowReader({ ...plan, model: plan.order.model });
    this.#settled = new Uint8Array(plan.order.source.total + 1);
    this.#ids = new Int32Array(plan.order.source.total + 1);
  }

  /** Ids in the order of the rows. */
  ids(): number[] {
    return [...this.#ids].filter((id) => id > 0);
  }

  /** Goes through the file, again for rows that wait for others of it, until nothing more comes of it. */
  async all(): Promise<void> {
    const { total } = this.#plan.order.source;
    let last = false;
    for (let wave = 1; this.#done < total; wave++) {
      const before = this.#done;
      for await (const batch of this.#open()) await this.#batch(batch, last);
      if (last) break;
      last = this.#done === before || wave >= maxWaves;
    }
  }

  /** Rows that are still to do, in parts. */
  async *#open(): AsyncGenerator<NumberedRow[]> {
    let [row, characters, batch]: [number, number, NumberedRow[]] = [0, 0, []];
    for await (const cells of this.#plan.order.source.rows()) {
      row += 1;
      if (this.#settled[row] !== 0) continue;
      batch.push({ row, cells });
      for (const cell of cells) characters += cell.length;
      if (batch.length < partRows && characters < partCharacters) continue;
      yield batch;
      [characters, batch] = [0, []];
    }
    if (batch.length > 0) yield batch;
  }

  /** @param last - rows that wait have waited in vain. */
  async #batch(batch: readonly NumberedRow[], last: boolean): Promise<void> {
    this.#plan.order.signal?.throwIfAborted();
    const read = await this.#reader.read(this.#parts.env, batch);
    for (const message of read.messages) this.#tell(message);
    const understood = new Set(read.rows.map(({ row }) => row));
    for (const { row } of batch) if (!understood.has(row)) this.#settle(row);
    if (!this.#writes()) for (const { row } of read.rows) this.#settle(row);
    else await this.#put(await this.#ready(read.rows, last));
    this.#progress(0);
  }

  /** All or nothing: once a row is not understood, the others are only read. */
  #writes(): boolean {
    return this.#plan.order.mode !== "all" || this.problems === 0 || this.#searches > 0;
  }

  /** Rows whose own references are there by now. */
  async #ready(rows: readonly ReadRow[], last: boolean): Promise<ReadRow[]> {
    const cells = rows.flatMap((row) => [...row.waitsFor.values()]);
    if (cells.length === 0) return [...rows];
    const found = await this.#reader.waited(this.#parts.env, cells);
    return rows.flatMap((row) => {
      const values = { ...row.values };
      for (const [field, name] of row.waitsFor) {
        const one = found.get(name);
        if (one !== undefined && "id" in one) values[field] = one.id;
        else if (!last) return [];
        else {
          const message = one?.fault ?? `There is nothing called "${name.slice(0, 60)}".`;
          this.#tell({ type: "error", row: row.row, field, message });
          this.#settle(row.row);
          return [];
        }
      }
      return [{ ...row, values }];
    });
  }

  /** Puts rows in; refused, their halves, down to the single row that is wrong. */
  async #put(rows: readonly ReadRow[]): Promise<void> {
    if (rows.length === 0) return;
    const refused = await this.#attempt(rows);
    if (refused === undefined) return;
    this.#searches += 1;
    const [first, final] = [rows[0]?.row ?? 0, rows.at(-1)?.row ?? 0];
    const enough = this.#plan.order.mode !== "rows" && this.problems >= maxMessages;
    if (rows.length > 1 && this.#searches <= maxSearches && !enough) {
      const middle = Math.ceil(rows.length / 2);
      await this.#put(rows.slice(0, middle));
      return this.#put(rows.slice(middle));
    }
    const field = rows.length > 1 ? "" : this.#fieldOf(refused);
    const message =
      rows.length > 1 ? `${refused.message} (One of rows ${first} to ${final}.)` : refused.message;
    this.#tell({ type: "error", row: first, field, message });
    for (const { row } of rows) this.#settle(row);
  }

  async #attempt(rows: readonly ReadRow[]): Promise<ExpectedError | undefined> {
    const { order } = this.#plan;
    try {
      const ids = await this.#parts.attempt(async (env) => {
        const written: number[] = [];
        for (let at = 0; at < rows.length; at += statementRows) {
          order.signal?.throwIfAborted();
          written.push(...(await writeRows(env, order.model, rows.slice(at, at + statementRows))));
          this.#progress(written.length);
        }
        return written;
      });
      for (const [at, { row, id }] of rows.entries()) this.#wentIn(row, ids[at] as number, id === undefined);
      return undefined;
    } catch (error) {
      this.#parts.env.actor.standing?.throwIfAborted();
      if (error instanceof ExpectedError && rowFailures.has(error.code)) return error;
      throw error;
    }
  }

  #wentIn(row: number, id: number, created: boolean): void {
    this.#ids[row] = id;
    this.imported += 1;
    if (created) this.#reader.below = Math.min(this.#reader.below ?? id, id);
    this.#settle(row);
  }

  #settle(row: number): void {
    this.#settled[row] = 1;
    this.#done += 1;
  }

  /** The column that a refusal is about, if it may be seen and the refusal says so. */
  #fieldOf({ about }: ExpectedError): string {
    const { order, visible } = this.#plan;
    if (about?.model !== undefined && about.model !== order.model.name) return "";
    const name = about?.fields.find((one) => visible.has(one)) ?? "";
    return order.fields.find((field) => field?.split("/")[0] === name) ?? name;
  }

  #tell(message: ImportMessage): void {
    this.problems += 1;
    if (this.messages.length < maxMessages) this.messages.push(message);
  }

  /** Never backwards: parts that are taken back are put in again in halves. */
  #progress(ahead: number): void {
    this.#told = Math.max(this.#told, this.#done + ahead);
    this.#plan.order.progress?.(this.#told, this.#plan.order.source.total);
  }
}
