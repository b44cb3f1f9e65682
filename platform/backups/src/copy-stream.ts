import { once } from "node:events";
import type { Duplex } from "node:stream";
import { assert } from "@holdfast/kernel/assert";
import { limits } from "./limits.ts";

/** The part of the driver's connection that COPY needs. */
interface CopyConnection {
  readonly stream: Duplex;
  query(text: string): void;
  endCopyFrom(): void;
  sendCopyFail(reason: string): void;
}

type Listener = (chunk: Buffer) => void;

/** Bytes before each message's content: its kind, and the length of the rest, itself included. */
const frameBytes = 5;
const copyDataKind = 0x64;
const readyKind = 0x5a;

/**
 * A COPY ... TO STDOUT as pages of bytes, handed to the driver as a query of its own kind. The socket is paused while
 * the consumer is behind, so memory stays flat. Whoever stops reading early must close the connection.
 *
 * Each row is a message of its own, and the driver makes an object of each: from the query until the server is
 * ready again the bytes of the socket are read here, rows are copied straight into pages, and every other message
 * goes on to the driver as it came. Measured: half of the time of a whole backup.
 * Source: PostgreSQL's manual, "Frontend/Backend Protocol", Message Formats.
 */
export class CopyOut implements AsyncIterable<Buffer> {
  readonly #sql: string;
  readonly #pageBytes: number;
  /** Pages that were read: a fresh one for each few MiB would keep the garbage collector busy, a fifth of a whole backup. */
  readonly #free: Buffer<ArrayBuffer>[] = [];
  #stream: Duplex | undefined;
  #driver: Listener[] = [];
  readonly #pages: { readonly memory: Buffer<ArrayBuffer>; readonly filled: number }[] = [];
  #queuedBytes = 0;
  #page = Buffer.allocUnsafe(limits.copyFirstPageBytes);
  #filled = 0;
  /** Of the row whose message is being read. */
  #rowBytesLeft = 0;
  /** The beginning of a message that has not come whole, other than a row's content. */
  #rest: Buffer | undefined;
  #rows: number | undefined;
  #ended = false;
  #error: Error | undefined;
  #wake: () => void = () => undefined;

  /** @param pageBytes - the largest page; borders fall anywhere, also inside of a row. */
  constructor(sql: string, pageBytes: number = limits.copyPageBytes) {
    this.#sql = sql;
    this.#pageBytes = pageBytes;
  }

  /** Known when all pages were read. */
  get rowCount(): number {
    assert(this.#rows !== undefined, "a COPY's rows are asked for after its last page");
    return this.#rows;
  }

  /** A page's bytes are good until the one after the next is asked for: then its memory is used again. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    let before: Buffer<ArrayBuffer> | undefined;
    while (true) {
      const page = this.#pages.shift();
      if (page !== undefined) {
        this.#queuedBytes -= page.filled;
        if (this.#queuedBytes < limits.copyQueueBytes && !this.#ended) this.#stream?.resume();
        yield page.memory.subarray(0, page.filled);
        if (before?.byteLength === this.#pageBytes) this.#free.push(before);
        before = page.memory;
      } else if (this.#error !== undefined) throw this.#error;
      else if (this.#ended) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  submit(connection: unknown): void {
    const { stream, query } = connection as CopyConnection;
    this.#stream = stream;
    // Between two queries every message has come whole: nothing is left half read in the driver.
    this.#driver = stream.listeners("data") as Listener[];
    for (const listener of this.#driver) stream.off("data", listener);
    stream.on("data", this.#read);
    query.call(connection, this.#sql);
  }

  handleCommandComplete(message: { readonly text: string }): void {
    this.#rows = rowsOf(message.text);
  }

  handleReadyForQuery(): void {
    this.#ended = true;
    this.#turnPage();
    this.#wake();
  }

  handleError(error: Error): void {
    this.#error ??= error;
    this.#wake();
  }

  readonly #read = (chunk: Buffer): void => {
    let bytes = chunk;
    let at = this.#takeRow(bytes, 0);
    if (this.#rest !== undefined) {
      bytes = Buffer.concat([this.#rest, bytes]);
      this.#rest = undefined;
    }
    while (at + frameBytes <= bytes.byteLength) {
      const end = at + 1 + bytes.readUInt32BE(at + 1);
      if (bytes[at] === copyDataKind) {
        this.#rowBytesLeft = end - at - frameBytes;
        at = this.#takeRow(bytes, at + frameBytes);
      } else if (end > bytes.byteLength) break;
      else if (bytes[at] === readyKind) return this.#giveBack(bytes.subarray(at));
      else {
        this.#toDriver(bytes.subarray(at, end));
        at = end;
      }
    }
    if (at < bytes.byteLength) this.#rest = Buffer.from(bytes.subarray(at));
  };

  /** Copies what there is of a row. @returns where the next message begins, or the end of the bytes. */
  #takeRow(bytes: Buffer, from: number): number {
    let at = from;
    const end = Math.min(bytes.byteLength, at + this.#rowBytesLeft);
    this.#rowBytesLeft -= end - at;
    while (at < end) {
      if (this.#filled === this.#page.byteLength) this.#turnPage();
      const copied = bytes.copy(this.#page, this.#filled, at, end);
      this.#filled += copied;
      at += copied;
    }
    return at;
  }

  /** The driver reads on from here: also what the server says unasked after it is ready. */
  #giveBack(bytes: Buffer): void {
    this.#stream?.off("data", this.#read);
    for (const listener of this.#driver) this.#stream?.on("data", listener);
    this.#stream?.resume(); // what comes next must not wait for the last pages to be read
    this.#toDriver(bytes);
  }

  #toDriver(bytes: Buffer): void {
    for (const listener of this.#driver) listener.call(this.#stream, bytes);
  }

  #turnPage(): void {
    if (this.#filled === 0) return;
    this.#pages.push({ memory: this.#page, filled: this.#filled });
    this.#queuedBytes += this.#filled;
    if (!this.#ended) this.#page = this.#free.pop() ?? Buffer.allocUnsafe(this.#pageBytes);
    this.#filled = 0;
    if (!this.#ended && this.#queuedBytes >= limits.copyQueueBytes) this.#stream?.pause();
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
        sendRows(connection.stream, chunk);
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

/** As the driver does, but without copying the rows: they go out as they came. */
function sendRows(stream: Duplex, rows: Buffer): void {
  const frame = Buffer.allocUnsafe(frameBytes);
  frame[0] = copyDataKind;
  frame.writeUInt32BE(rows.byteLength + frameBytes - 1, 1);
  stream.cork();
  stream.write(frame);
  stream.write(rows);
  stream.uncork();
}

function rowsOf(commandTag: string): number {
  const rows = /^COPY (\d+)$/.exec(commandTag)?.[1];
  assert(rows !== undefined, "a COPY ends with the number of its rows");
  return Number(rows);
}
