import { Readable } from "node:stream";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { ExpectedError } from "@holdfast/kernel/errors";
import { type Parser, parse } from "csv-parse";
import { maxImportRows } from "./import-order.ts";
import type { RowSource } from "./row-source.ts";

const maxColumns = 200;
const maxRecordBytes = 1_048_576;
const sniffBytes = 65_536;
/** What is packed at a time. */
const blockBytes = 262_144;

/**
 * A CSV file that was received once and can be read again and again. It is kept packed, in memory: a fifth of its
 * size as a rule, never more than its size; nothing of it touches a disk.
 */
export interface CsvFile extends RowSource {
  /** The first row. */
  readonly header: readonly string[];
}

/**
 * Receives a file, and reads it once: its separator is found in the first line, its rows are counted.
 *
 * @throws ExpectedError `invalid`: not UTF-8, not CSV, empty, too wide; `too_large`: too many rows.
 */
export async function receiveCsv(stream: Readable): Promise<CsvFile> {
  const blocks = await packed(stream);
  const [first] = blocks;
  if (first === undefined) throw empty();
  const delimiter = separatorOf(unpacked(first).subarray(0, sniffBytes).toString());
  let total = -1;
  let header: readonly string[] | undefined;
  for await (const row of rowsOf(blocks, delimiter)) {
    header ??= fitting(row);
    total += 1;
    if (total > maxImportRows) throw tooMany();
  }
  if (header === undefined) throw empty();
  return {
    header,
    total,
    async *rows() {
      let titles = true;
      for await (const row of rowsOf(blocks, delimiter)) {
        if (!titles) yield row;
        titles = false;
      }
    },
  };
}

async function packed(stream: Readable): Promise<Buffer[]> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const blocks: Buffer[] = [];
  let [waiting, bytes]: [Buffer[], number] = [[], 0];
  const pack = (): void => {
    if (bytes > 0) blocks.push(zstdCompressSync(Buffer.concat(waiting)));
    [waiting, bytes] = [[], 0];
  };
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    checkText(() => decoder.decode(chunk, { stream: true }));
    waiting.push(chunk);
    bytes += chunk.byteLength;
    if (bytes >= blockBytes) pack();
  }
  checkText(() => decoder.decode());
  pack();
  return blocks;
}

function checkText(decode: () => unknown): void {
  try {
    decode();
  } catch {
    throw new ExpectedError("invalid", "The file is not UTF-8 text.", { hint: 'Save it as "CSV UTF-8".' });
  }
}

function unpacked(block: Buffer): Buffer {
  return zstdDecompressSync(block);
}

async function* rowsOf(blocks: readonly Buffer[], delimiter: string): AsyncGenerator<string[]> {
  const parser: Parser = parse({
    delimiter,
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: maxRecordBytes,
  });
  const bytes = Readable.from(blocks.values().map(unpacked), { objectMode: false, highWaterMark: 1 });
  bytes.pipe(parser);
  try {
    yield* parser as AsyncIterable<string[]>;
  } catch (cause) {
    throw unreadable(cause);
  } finally {
    bytes.destroy();
    parser.destroy();
  }
}

function fitting(header: readonly string[]): readonly string[] {
  if (header.length <= maxColumns) return header;
  throw new ExpectedError(
    "invalid",
    `The file has ${header.length} columns: at most ${maxColumns} are read.`,
  );
}

function unreadable(cause: unknown): ExpectedError {
  const at = (cause as { readonly lines?: number }).lines;
  const where = at === undefined ? "" : ` at line ${at}`;
  return new ExpectedError("invalid", `The file cannot be read as CSV${where}.`, {
    hint: "Save it as CSV with quotes around cells that hold separators.",
    cause,
  });
}

function empty(): ExpectedError {
  return new ExpectedError("invalid", "The file is empty.");
}

function tooMany(): ExpectedError {
  return new ExpectedError("too_large", `The file has more than ${maxImportRows} rows.`, {
    hint: "Split it.",
  });
}

function separatorOf(text: string): string {
  const line = text.slice(0, text.search(/\r?\n|$/));
  const counted = [",", ";", "\t"].map((separator) => ({ separator, count: line.split(separator).length }));
  return counted.toSorted((left, right) => right.count - left.count)[0]?.separator ?? ",";
}
