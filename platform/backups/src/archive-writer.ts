import { createHash } from "node:crypto";
import { assert, present } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import {
  type ArchiveHead,
  dataEntryName,
  fileEntryName,
  headSchema,
  type Manifest,
  type ManifestTable,
  manifestSchema,
  parseDocument,
} from "./archive.ts";
import { type CatalogTable, catalogSequences, copyOutSql } from "./catalog.ts";
import type { CopyOut } from "./copy-stream.ts";
import { fileLine, listFiles, readFileObject } from "./file-objects.ts";
import { limits } from "./limits.ts";
import { type SignedManifest, signManifest } from "./manifest.ts";
import type { Session } from "./postgres.ts";
import type { JobOptions } from "./progress.ts";
import { dumpSchema } from "./schema-dump.ts";
import type { Snapshot } from "./snapshot.ts";
import type { TakeInput } from "./take-input.ts";
import { tarEnd, tarHeader, tarPadding } from "./tar.ts";

/** Where an archive's rows come from. */
export interface ArchiveSource {
  readonly session: Session;
  readonly snapshot: Snapshot;
}

/** Produces the bytes of one archive, and the manifest while it goes. Memory: what two COPYs may have read ahead, and the schema. */
export class ArchiveWriter {
  readonly #input: TakeInput;
  readonly #source: ArchiveSource;
  readonly #options: JobOptions;
  readonly #head: ArchiveHead;
  #result: { manifest: Manifest; signed: SignedManifest } | undefined;

  constructor(input: TakeInput, source: ArchiveSource, options: JobOptions) {
    this.#input = input;
    this.#source = source;
    this.#options = options;
    const { tenantId, backupId, nowMs } = input;
    const takenAt = new Date(nowMs).toISOString();
    const head = {
      format: 1,
      tenantId,
      backupId,
      ...input.head,
      takenAt,
      postgresVersion: source.snapshot.postgresVersion,
    };
    this.#head = parseDocument<ArchiveHead>(headSchema, JSON.stringify(head), "head.json");
  }

  /** Known when all chunks were read. */
  result(): { manifest: Manifest; signed: SignedManifest } {
    return present(this.#result, "the manifest of an archive that was read to its end");
  }

  async *chunks(): AsyncGenerator<Buffer> {
    const { snapshot } = this.#source;
    yield* this.#document("head.json", JSON.stringify(this.#head));
    yield* this.#document(
      "tables.json",
      JSON.stringify(snapshot.tables.map(({ name, columns, key }) => ({ name, columns, key }))),
    );
    const dumped = dumpSchema(this.#input.database, snapshot.name, {
      pgDump: this.#input.pgDump,
      signal: this.#options.signal,
    });
    // The server reads a table while the schema is dumped, and the next one while one is packed: never more than that.
    let copy = this.#copyOf(snapshot.tables[0]);
    const schema = await dumped;
    yield* this.#entry("schema.sql", schema);
    const tables: ManifestTable[] = [];
    for (const table of snapshot.tables) {
      const current = present(copy, "the copy of a table of the snapshot");
      copy = this.#copyOf(snapshot.tables[tables.length + 1]);
      tables.push(yield* this.#table(table, current));
      this.#options.onProgress?.({
        step: "copying rows",
        done: tables.length,
        total: snapshot.tables.length,
        unit: "tables",
      });
    }
    const sequences = await catalogSequences(this.#source.session);
    const files = yield* this.#files();
    const schemaSha256 = createHash("sha256").update(schema).digest("hex");
    this.#sign({
      ...this.#head,
      snapshotLsn: snapshot.lsn,
      schemaSha256,
      tables,
      sequences,
      files,
      totals: totalsOf(tables, files),
    });
    yield* this.#document("manifest.json", this.result().signed.text);
    yield* this.#document("manifest.sig", this.result().signed.signature);
    yield tarEnd;
  }

  #copyOf(table: CatalogTable | undefined): CopyOut | undefined {
    return table && this.#source.session.copyOut(copyOutSql(table, table.collated));
  }

  async *#table(table: CatalogTable, copy: CopyOut): AsyncGenerator<Buffer, ManifestTable> {
    const hash = createHash("sha256");
    let bytes = 0;
    let part = 0;
    for await (const content of copy) {
      hash.update(content);
      bytes += content.byteLength;
      assert(part < limits.partsPerTable, "a table has at most a million parts");
      yield* this.#entry(dataEntryName(table.name, part++), content);
    }
    const { name, columns, key } = table;
    return { name, columns, key, rows: copy.rowCount, bytes, sha256: hash.digest("hex") };
  }

  async *#files(): AsyncGenerator<Buffer, Manifest["files"]> {
    const folder = { ...this.#input, path: this.#input.filesDir };
    const hash = createHash("sha256");
    const total = { count: 0, bytes: 0 };
    for await (const file of listFiles(folder)) {
      if (file.bytes > limits.fileBytes)
        throw new ExpectedError("too_large", `the stored file ${file.sha256} is larger than a backup takes`);
      yield this.#headerOf(fileEntryName(file.sha256), file.bytes);
      yield* readFileObject(folder, file);
      yield tarPadding(file.bytes);
      hash.update(fileLine(file));
      total.count += 1;
      total.bytes += file.bytes;
      this.#options.onProgress?.({ step: "copying files", done: total.count, total: null, unit: "files" });
    }
    return { ...total, sha256: hash.digest("hex") };
  }

  #sign(manifest: Manifest): void {
    const checked = parseDocument<Manifest>(manifestSchema, JSON.stringify(manifest), "manifest.json");
    this.#result = { manifest: checked, signed: signManifest(checked, this.#input.dataKey) };
  }

  *#document(name: string, text: string): Generator<Buffer> {
    yield* this.#entry(name, Buffer.from(text));
  }

  *#entry(name: string, content: Buffer): Generator<Buffer> {
    yield* entryOf(name, content, this.#input.nowMs);
  }

  #headerOf(name: string, size: number): Buffer {
    return tarHeader(name, size, Math.floor(this.#input.nowMs / 1000));
  }
}

/** One whole entry of an archive. */
export function* entryOf(name: string, content: Buffer, nowMs: number): Generator<Buffer> {
  yield tarHeader(name, content.byteLength, Math.floor(nowMs / 1000));
  yield content;
  yield tarPadding(content.byteLength);
}

/** The sums of a manifest. */
export function totalsOf(tables: readonly ManifestTable[], files: Manifest["files"]): Manifest["totals"] {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  return {
    tables: tables.length,
    rows,
    bytes: tables.reduce((sum, table) => sum + table.bytes, files.bytes),
  };
}
