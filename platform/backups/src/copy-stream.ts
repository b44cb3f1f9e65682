import { once } from "node:events";
import type { Duplex } from "node:stream";
import { assert } from "@holdfast/kernel/assert";
import { limits } from "./limits.ts";

/** The part of the driver's connection that COPY needs. */
interface CopyConnection {
  readonly stream: Duplex;
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(reason: string): void;
}

/**
 * A COPY ... TO STDOUT as pages of bytes, handed to the driver as a query of its own kind. The socket is paused while
 * the consumer is behind, so memory stays flat. Whoever stops reading early must close the connection.
 */
export class CopyOut implements AsyncIterable<Buffer> {
  readonly #sql: string;
  #stream: Duplex | undefined;
  #pages: Buffer[] = [];
  #pageBytes = 0;
  #page = Buffer.allocUnsafe(limits.copyPageBytes);
  #filled = 0;
  #rows: number | undefined;
  #ended = false;
  #error: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(sql: string) {
    this.#sql = sql;
  }

  /** Known when all pages were read. */
  get rowCount(): number {
    assert(this.#rows !== undefined, "a COPY's rows are asked for after its last page");
    return this.#rows;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    while (true) {
      const page = this.#pages.shift();
      if (page !== undefined) {
        this.#pageBytes -= page.byteLength;
        if (this.#pageBytes < limits.copyQueueBytes) this.#stream?.resume();
        yield page;
      } else if (this.#error !== undefined) throw this.#error;
      else if (this.#ended) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  submit(connection: unknown): void {
    const { stream, query } = connection as CopyConnection;
    this.#stream = stream;
    query.call(connection, this.#sql);
  }

  // One message is one row, and its bytes are overwritten by the next read: copied into pages here.
  handleCopyData(message: { readonly chunk: Buffer }): void {
    const row = message.chunk;
    if (this.#filled + row.byteLength > this.#page.byteLength) this.#turnPage();
    if (row.byteLength > this.#page.byteLength) return this.#queue(Buffer.from(row));
    this.#filled += row.copy(this.#page, this.#filled);
  }

  handleCommandComplete(message: { readonly text: string }): void {
    this.#rows = rowsOf(message.text);
  }

  handleReadyForQuery(): void {
    this.#turnPage();
    this.#ended = true;
    this.#wake();
  }

  handleError(error: Error): void {
    this.#error ??= error;
    this.#wake();
  }

  #turnPage(): void {
    if (this.#filled === 0) return;
    this.#queue(this.#page.subarray(0, this.#filled));
    this.#page = Buffer.allocUnsafe(limits.copyPageBytes);
    this.#filled = 0;
  }

  #queue(page: Buffer): void {
    this.#pages.push(page);
    this.#pageBytes += page.byteLength;
    if (this.#pageBytes >= limits.copyQueueBytes) this.#stream?.pause();
    this.#wake();
  }
}

/** A COPY ... FROM STDIN, fed no faster than the server takes it. */
export class CopyIn {
  readonly #sql: string;
  readonly #ready = Promise.withResolvers<CopyConnection>();
  readonly #done = Promise.withResolvers<number>();
  #failed = false;
  #rows = 0;

  constructor(sql: string) {
    this.#sql = sql;
    this.#ready.promise.catch(() => undefined);
    this.#done.promise.catch(() => undefined);
  }

  async run(chunks: AsyncIterable<Buffer>): Promise<number> {
    const connection = await this.#ready.promise;
    try {
      for await (const chunk of chunks) {
        if (this.#failed) break;
        connection.sendCopyFromChunk(chunk);
        if (connection.stream.writableNeedDrain)
          await Promise.race([once(connection.stream, "drain"), this.#done.promise]);
      }
    } catch (error) {
      if (!this.#failed) connection.sendCopyFail("the source of the rows failed");
      await this.#done.promise.catch(() => undefined);
      throw error;
    }
    if (!this.#failed) connection.endCopyFrom();
    return this.#done.promise;
  }

  submit(connection: unknown): void {
    (connection as CopyConnection).query(this.#sql);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    this.#ready.resolve(connection);
  }

  handleCommandComplete(message: { readonly text: string }): void {
    this.#rows = rowsOf(message.text);
  }

  handleReadyForQuery(): void {
    this.#done.resolve(this.#rows);
  }

  handleError(error: Error): void {
    this.#failed = true;
    this.#ready.reject(error);
    this.#done.reject(error);
  }
}

function rowsOf(commandTag: string): number {
  const rows = /^COPY (\d+)$/.exec(commandTag)?.[1];
  assert(rows !== undefined, "a COPY ends with the number of its rows");
  return Number(rows);
}
