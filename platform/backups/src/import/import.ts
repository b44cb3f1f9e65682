import { createHash } from "node:crypto";
import {
  type ArchiveHead,
  dataEntryName,
  fileEntryName,
  headSchema,
  type Manifest,
  type ManifestTable,
  manifestSchema,
  parseDocument,
} from "../archive.ts";
import { entryOf, totalsOf } from "../archive-writer.ts";
import type { BackupIdentity } from "../container.ts";
import { fileLine } from "../file-objects.ts";
import { limits } from "../limits.ts";
import { type SignedManifest, signManifest } from "../manifest.ts";
import { type DatabaseAddress, openSession } from "../postgres.ts";
import type { JobOptions } from "../progress.ts";
import { dumpSchema } from "../schema-dump.ts";
import { withSnapshot } from "../snapshot.ts";
import { storeArchive, type Taken } from "../take.ts";
import { tarEnd, tarHeader, tarPadding } from "../tar.ts";
import type { Vault } from "../vault.ts";
import { DumpReader } from "./dump-reader.ts";
import { importRefusal } from "./refusal.ts";
import { readZip, type ZipEntry, type ZipLimits } from "./zip-reader.ts";

/** What a zip may hold, whatever it says. */
export const importLimits: ZipLimits & { readonly manifestBytes: number } = {
  entries: 5_000_010,
  entryBytes: limits.objectBytes,
  bytes: limits.objectBytes,
  ratio: 200,
  manifestBytes: limits.documentBytes,
};

export interface ImportInput extends BackupIdentity {
  /** The live database of the customer who imports: its schema, for people, goes into the archive. */
  readonly database: DatabaseAddress;
  readonly dataKey: Uint8Array;
  readonly vaults: readonly Vault[];
  readonly pgDump: string;
  /** The name of the customer who imports. */
  readonly name: string;
  /** An operator vouches that the zip is of whom it says. */
  readonly vouched?: boolean;
}

export interface Imported extends Taken {
  /** The name and the time that the zip says of itself; nobody vouches for them. */
  readonly from: { readonly name: string; readonly takenAt: string; readonly tenantId: string };
}

/**
 * Turns a zip, as exportBackup makes it, into a backup of the customer who imports it: sealed under their key, in
 * every vault. From there it is restored as any other, beside or over live, by the same checks. The zip is hostile:
 * only rows and files are taken from it, bounded in name, number and size, and only what equals the digests of its
 * manifest; no SQL of it is executed or kept. Nothing plain touches a disk; memory is constant.
 *
 * @throws ExpectedError `invalid` naming what is wrong. Then, and when cancelled, no vault holds anything of it.
 */
export async function importZip(
  input: ImportInput,
  zip: AsyncIterable<Buffer>,
  options: JobOptions = {},
): Promise<Imported> {
  const writer = new ImportWriter(input, await schemaOf(input, options), options);
  const object = await storeArchive(input, writer.chunks(readZip(zip, importLimits)), options);
  return { ...object, ...writer.result() };
}

async function schemaOf(input: ImportInput, options: JobOptions): Promise<Buffer> {
  const session = await openSession(input.database, options.signal);
  try {
    return await withSnapshot(session, ({ name }) =>
      dumpSchema(input.database, name, { pgDump: input.pgDump, signal: options.signal }),
    );
  } finally {
    await session.close();
  }
}

class ImportWriter {
  readonly #input: ImportInput;
  readonly #schema: Buffer;
  readonly #options: JobOptions;
  #result: Pick<Imported, "manifest" | "signed" | "from"> | undefined;
  #tables = 0;

  constructor(input: ImportInput, schema: Buffer, options: JobOptions) {
    this.#input = input;
    this.#schema = schema;
    this.#options = options;
  }

  result(): Pick<Imported, "manifest" | "signed" | "from"> {
    if (this.#result === undefined) throw importRefusal("it was not read to its end");
    return this.#result;
  }

  async *chunks(entries: AsyncGenerator<ZipEntry>): AsyncGenerator<Buffer> {
    const said = await readManifest(await expected(entries, "manifest.json"));
    const nowMs = Date.parse(said.takenAt);
    const head = this.#head(said);
    const tables = said.tables.map(({ name, columns, key }) => ({ name, columns, key }));
    yield* entryOf("head.json", Buffer.from(JSON.stringify(head)), nowMs);
    yield* entryOf("tables.json", Buffer.from(JSON.stringify(tables)), nowMs);
    yield* entryOf("schema.sql", this.#schema, nowMs);
    const dump = new DumpReader((await expected(entries, "dump.sql")).body);
    const read: ManifestTable[] = [];
    for (const table of said.tables) read.push(yield* this.#rows(table, dump, nowMs));
    await dump.end();
    const files = yield* this.#files(entries, said, nowMs);
    const manifest = parseDocument<Manifest>(
      manifestSchema,
      JSON.stringify({
        ...head,
        snapshotLsn: said.snapshotLsn,
        schemaSha256: createHash("sha256").update(this.#schema).digest("hex"),
        tables: read,
        sequences: said.sequences,
        files,
        totals: totalsOf(read, files),
      }),
      "manifest.json",
    );
    const signed: SignedManifest = signManifest(manifest, this.#input.dataKey);
    yield* entryOf("manifest.json", Buffer.from(signed.text), nowMs);
    yield* entryOf("manifest.sig", Buffer.from(signed.signature), nowMs);
    yield tarEnd;
    this.#result = {
      manifest,
      signed,
      from: { name: said.name, takenAt: said.takenAt, tenantId: said.tenantId },
    };
  }

  #head({ takenAt, apps, codeVersion, postgresVersion, ...said }: Manifest): ArchiveHead {
    const { tenantId, backupId, name, vouched = false } = this.#input;
    const isVouched = vouched || said.tenantId === tenantId;
    const origin = { tenantId: said.tenantId, name: said.name, takenAt, vouched: isVouched };
    const head = { format: 1, tenantId, backupId, name, takenAt, apps, codeVersion, origin, postgresVersion };
    return parseDocument<ArchiveHead>(headSchema, JSON.stringify(head), "manifest.json");
  }

  async *#rows(said: ManifestTable, dump: DumpReader, nowMs: number): AsyncGenerator<Buffer, ManifestTable> {
    const hash = createHash("sha256");
    let [bytes, rows, part] = [0, 0, 0];
    for await (const content of inParts(dump.rows(said))) {
      this.#options.signal?.throwIfAborted();
      hash.update(content);
      bytes += content.byteLength;
      for (let at = content.indexOf(10); at >= 0; at = content.indexOf(10, at + 1)) rows++;
      if (bytes > said.bytes || part >= limits.partsPerTable) break;
      yield* entryOf(dataEntryName(said.name, part++), content, nowMs);
    }
    const sha256 = hash.digest("hex");
    if (bytes !== said.bytes || rows !== said.rows || sha256 !== said.sha256)
      throw importRefusal(`the rows of "${said.name}" are not those of its manifest`);
    this.#options.onProgress?.({
      step: `taking rows of ${said.name}`,
      done: ++this.#tables,
      total: null,
      unit: "tables",
    });
    const { name, columns, key } = said;
    return { name, columns, key, rows, bytes, sha256 };
  }

  async *#files(
    entries: AsyncGenerator<ZipEntry>,
    said: Manifest,
    nowMs: number,
  ): AsyncGenerator<Buffer, Manifest["files"]> {
    const hash = createHash("sha256");
    const total = { count: 0, bytes: 0 };
    let last = "";
    for await (const entry of entries) {
      if (isFolder(entry)) continue;
      const sha256 = fileDigest(entry.name);
      if (sha256 <= last) throw importRefusal(`${JSON.stringify(entry.name)} is there twice or out of order`);
      if (entry.size > limits.fileBytes) throw importRefusal(`${JSON.stringify(entry.name)} is too large`);
      last = sha256;
      yield tarHeader(fileEntryName(sha256), entry.size, Math.floor(nowMs / 1000));
      const content = createHash("sha256");
      for await (const chunk of entry.body) {
        this.#options.signal?.throwIfAborted();
        content.update(chunk);
        yield chunk;
      }
      if (content.digest("hex") !== sha256)
        throw importRefusal(`${JSON.stringify(entry.name)} has another content than its name says`);
      yield tarPadding(entry.size);
      hash.update(fileLine({ sha256, bytes: entry.size }));
      total.count += 1;
      total.bytes += entry.size;
    }
    const files = { ...total, sha256: hash.digest("hex") };
    if (JSON.stringify(files) !== JSON.stringify(said.files))
      throw importRefusal("its files are not those of its manifest");
    return files;
  }
}

async function expected(entries: AsyncGenerator<ZipEntry>, name: string): Promise<ZipEntry> {
  const next = await entries.next();
  if (next.done === true || next.value.name !== name)
    throw importRefusal(
      `${next.done === true ? "its end" : JSON.stringify(next.value.name)} stands where ${name} belongs`,
      {
        hint: "in order: manifest.json, dump.sql, then filestore/ by name",
      },
    );
  return next.value;
}

async function readManifest(entry: ZipEntry): Promise<Manifest> {
  if (entry.size > importLimits.manifestBytes) throw importRefusal("its manifest.json is too large");
  const parts: Buffer[] = [];
  for await (const part of entry.body) parts.push(part);
  const manifest = parseDocument<Manifest>(manifestSchema, Buffer.concat(parts).toString(), "manifest.json");
  // Ages, alarms and retention go by this moment: one that is still to come would silence them until then.
  if (Date.parse(manifest.takenAt) > Date.now())
    throw importRefusal("its manifest says that it was taken in the future");
  const names = manifest.tables.map(({ name }) => name);
  if (new Set(names).size !== names.length) throw importRefusal("its manifest names a table twice");
  return manifest;
}

/** Some programs write folders down; they hold nothing. */
function isFolder({ name, size }: ZipEntry): boolean {
  return size === 0 && /^filestore\/(?:[0-9a-f]{2}\/)?$/.test(name);
}

function fileDigest(name: string): string {
  const [, prefix, sha256] = /^filestore\/([0-9a-f]{2})\/([0-9a-f]{64})$/.exec(name) ?? [];
  if (prefix === undefined || sha256 === undefined || !sha256.startsWith(prefix))
    throw importRefusal(`${JSON.stringify(name)} is none of its entries`);
  return sha256;
}

/** Cuts rows into parts of at most 4 MiB, wherever the border falls: a table is all its parts, one after the other. */
async function* inParts(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for await (const page of source)
    for (let at = 0; at < page.byteLength; ) {
      const piece = page.subarray(at, at + limits.partBytes - bytes);
      parts.push(piece);
      bytes += piece.byteLength;
      at += piece.byteLength;
      if (bytes < limits.partBytes) continue;
      yield Buffer.concat(parts);
      [parts, bytes] = [[], 0];
    }
  if (bytes > 0) yield Buffer.concat(parts);
}
