import type { ArchiveTable } from "../archive.ts";
import { copyHead } from "../export/dump-sql.ts";
import { limits } from "../limits.ts";
import { importRefusal } from "./refusal.ts";

const newline = 0x0a;
/** A line outside of rows; rows may be as long as they are. */
const lineBytes = 1 << 20;
const rowsEnd = Buffer.from("\n\\.\n");

/**
 * Takes the rows out of a dump.sql, table by table, and looks at nothing else: no SQL of it is kept or executed. The
 * COPY lines must be those of the manifest's tables, in their order. Memory: one chunk and one line.
 *
 * @throws ExpectedError `invalid` when a COPY is missing, another, or without its end.
 */
export class DumpReader {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);
  #skipped = 0;

  constructor(content: AsyncIterable<Buffer>) {
    this.#source = content[Symbol.asyncIterator]();
  }

  /** The rows of the next table, as COPY text. Must be read to their end. */
  async *rows(table: ArchiveTable): AsyncGenerator<Buffer> {
    await this.#find(table);
    // So that the end of no rows at all is found like any other.
    let carried: Buffer = Buffer.from([newline]);
    let isFirst = true;
    while (true) {
      const chunk = this.#rest.byteLength > 0 ? this.#rest : await this.#next();
      if (chunk === undefined) throw importRefusal(`the rows of "${table.name}" have no end`);
      const seen = Buffer.concat([carried, chunk]);
      const at = seen.indexOf(rowsEnd);
      if (at >= 0) {
        this.#rest = seen.subarray(at + rowsEnd.byteLength);
        const last = seen.subarray(isFirst ? 1 : 0, at + 1);
        if (last.byteLength > 0) yield last;
        return;
      }
      const keep = Math.min(seen.byteLength, rowsEnd.byteLength - 1);
      const out = seen.subarray(isFirst ? 1 : 0, seen.byteLength - keep);
      if (seen.byteLength > keep) isFirst = false;
      carried = seen.subarray(seen.byteLength - keep);
      this.#rest = Buffer.alloc(0);
      if (out.byteLength > 0) yield out;
    }
  }

  /** Reads what follows the last table; there must be no further rows. */
  async end(): Promise<void> {
    for (let line = await this.#line(); line !== undefined; line = await this.#line())
      if (isCopy(line)) throw importRefusal("dump.sql has rows of a table that the manifest does not name");
  }

  async #find(table: ArchiveTable): Promise<void> {
    const wanted = copyHead(table).toString().trim();
    for (let line = await this.#line(); line !== undefined; line = await this.#line()) {
      if (line === wanted) return;
      if (isCopy(line)) throw importRefusal(`dump.sql has other rows where those of "${table.name}" belong`);
    }
    throw importRefusal(`dump.sql has no rows of "${table.name}"`);
  }

  async #line(): Promise<string | undefined> {
    let line: Buffer = Buffer.alloc(0);
    while (true) {
      const chunk: Buffer | undefined = this.#rest.byteLength > 0 ? this.#rest : await this.#next();
      this.#rest = Buffer.alloc(0);
      if (chunk === undefined) return line.byteLength === 0 ? undefined : line.toString();
      const at = chunk.indexOf(newline);
      const piece = at < 0 ? chunk : chunk.subarray(0, at + 1);
      this.#skipped += piece.byteLength;
      line = Buffer.concat([line, piece]);
      if (line.byteLength > lineBytes)
        throw importRefusal(`dump.sql has a line of more than ${lineBytes} bytes`);
      if (this.#skipped > limits.schemaBytes) throw importRefusal("dump.sql has too much beside its rows");
      if (at < 0) continue;
      this.#rest = chunk.subarray(at + 1);
      return line.toString().trimEnd();
    }
  }

  async #next(): Promise<Buffer | undefined> {
    const next = await this.#source.next();
    return next.done === true ? undefined : next.value;
  }
}

const isCopy = (line: string): boolean => /^\s*COPY\b/i.test(line);
