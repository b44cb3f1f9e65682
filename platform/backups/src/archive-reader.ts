import { createHash } from "node:crypto";
import {
  type ArchiveDocument,
  type ArchiveHead,
  type ArchiveTable,
  headSchema,
  type Manifest,
  parseDocument,
  parseEntry,
  refusal,
  tablesSchema,
} from "./archive.ts";
import type { BackupIdentity } from "./container.ts";
import type { DataKeys } from "./data-keys.ts";
import { fileLine } from "./file-objects.ts";
import { limits } from "./limits.ts";
import { openManifest, type SignedManifest } from "./manifest.ts";
import { type RecordedTable, recordedShape } from "./recorded-shape.ts";
import { readTar, type TarEntry } from "./tar.ts";

/** Who takes what an archive holds. Each must read what it is given to the end. */
export interface ArchiveVisitor {
  /** Before any data: the place to refuse tables that the target does not have. */
  tables(tables: readonly ArchiveTable[]): Promise<void>;
  /** The schema as SQL, for whoever writes it down for people; never to be executed. */
  schema?(sql: string): Promise<void>;
  /** All rows of one table as COPY text. @returns how many rows were taken; undefined when it only looked at them. */
  rows(table: ArchiveTable, copy: AsyncIterable<Buffer>): Promise<number | undefined>;
  /** @param bytes - of the content. */
  file(sha256: string, content: AsyncIterable<Buffer>, bytes: number): Promise<void>;
}

/**
 * Reads an archive strictly in its one allowed order, gives its content to the visitor, and checks everything against
 * the signed manifest at its end: each table's rows and digest, the set of files, the identity. What the
 * visitor took counts only when this returns.
 *
 * @throws ExpectedError (`invalid`) that names the first thing that breaks the format.
 */
export async function readArchive(
  chunks: AsyncIterable<Buffer>,
  source: BackupIdentity & DataKeys,
  visitor: ArchiveVisitor,
): Promise<{ manifest: Manifest; signed: SignedManifest }> {
  const entries = new Entries(readTar(chunks));
  const { head, tables } = await readHead(entries, source);
  await visitor.tables(tables);
  const schema = await entries.text("schema.sql");
  const schemaSha256 = digestOf(schema);
  await visitor.schema?.(schema);
  const found: Found = { schemaSha256, tables: [], files: { count: 0, bytes: 0, sha256: "" } };
  for (const table of tables) found.tables.push(await readRows(entries, table, visitor));
  found.files = await readFiles(entries, visitor);
  const signed = { text: await entries.text("manifest.json"), signature: await entries.text("manifest.sig") };
  await entries.end();
  const manifest = openManifest(signed, source);
  refuseDifference(manifest, head, tables, found);
  return { manifest, signed };
}

/** Only the head, the tables and the shape that they had: what is asked before anything is restored. */
export async function readBeginning(
  chunks: AsyncIterable<Buffer>,
  source: BackupIdentity,
): Promise<{ head: ArchiveHead; tables: ArchiveTable[]; shape: RecordedTable[] | null }> {
  const reading = chunks[Symbol.asyncIterator]();
  try {
    const entries = new Entries(readTar({ [Symbol.asyncIterator]: () => reading }));
    const beginning = await readHead(entries, source);
    return { ...beginning, shape: recordedShape(await entries.text("schema.sql")) };
  } finally {
    await reading.return?.(); // whatever reads the vault stops here
  }
}

async function readHead(
  entries: Entries,
  source: BackupIdentity,
): Promise<{ head: ArchiveHead; tables: ArchiveTable[] }> {
  const head = parseDocument<ArchiveHead>(headSchema, await entries.text("head.json"), "head.json");
  if (head.tenantId !== source.tenantId || head.backupId !== source.backupId)
    throw refusal("it says that it is another backup");
  const tables = parseDocument<ArchiveTable[]>(
    tablesSchema,
    await entries.text("tables.json"),
    "tables.json",
  );
  refuseRepeated(tables.map((table) => table.name));
  for (const table of tables) refuseRepeated(table.columns);
  return { head, tables };
}

interface Found {
  readonly schemaSha256: string;
  readonly tables: { readonly rows?: number; readonly bytes: number; readonly sha256: string }[];
  files: Manifest["files"];
}

async function readRows(
  entries: Entries,
  table: ArchiveTable,
  visitor: ArchiveVisitor,
): Promise<Found["tables"][number]> {
  const hash = createHash("sha256");
  let bytes = 0;
  const rows = await visitor.rows(
    table,
    (async function* () {
      for (let part = 0; ; part++) {
        const entry = await entries.when(
          (next) => next.kind === "data" && next.table === table.name && next.part === part,
        );
        if (entry === undefined) return;
        if (part >= limits.partsPerTable) throw refusal(`the table "${table.name}" has too many parts`);
        yield* tapped(entry.body, (chunk) => {
          hash.update(chunk);
          bytes += chunk.byteLength;
        });
      }
    })(),
  );
  return { ...(rows === undefined ? {} : { rows }), bytes, sha256: hash.digest("hex") };
}

async function readFiles(entries: Entries, visitor: ArchiveVisitor): Promise<Manifest["files"]> {
  const hash = createHash("sha256");
  const total = { count: 0, bytes: 0 };
  let last = "";
  while (true) {
    let sha256 = "";
    const entry = await entries.when((next) => {
      if (next.kind === "file") sha256 = next.sha256;
      return next.kind === "file";
    });
    if (entry === undefined) return { ...total, sha256: hash.digest("hex") };
    if (sha256 <= last) throw refusal("its files are not in order");
    if (total.count >= limits.files) throw refusal(`it has more than ${limits.files} files`);
    last = sha256;
    const content = createHash("sha256");
    await visitor.file(
      sha256,
      tapped(entry.body, (chunk) => content.update(chunk)),
      entry.size,
    );
    if (content.digest("hex") !== sha256)
      throw refusal(`the file ${sha256} has another content than its name says`);
    hash.update(fileLine({ sha256, bytes: entry.size }));
    total.count += 1;
    total.bytes += entry.size;
  }
}

async function* tapped(chunks: AsyncIterable<Buffer>, tap: (chunk: Buffer) => void): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    tap(chunk);
    yield chunk;
  }
}

function refuseDifference(
  manifest: Manifest,
  head: ArchiveHead,
  tables: readonly ArchiveTable[],
  found: Found,
): void {
  for (const [name, value] of Object.entries(head))
    if (JSON.stringify(manifest[name as keyof ArchiveHead]) !== JSON.stringify(value))
      throw refusal(`its manifest has another ${name}`);
  if (manifest.schemaSha256 !== found.schemaSha256) throw refusal("its schema is not the manifest's");
  const listed = tables.map((table, n) => ({ ...table, ...found.tables[n] }));
  if (manifest.tables.length !== listed.length)
    throw refusal(`its manifest names ${manifest.tables.length} tables, it has ${listed.length}`);
  for (const [n, table] of listed.entries())
    if (canonical(manifest.tables[n]) !== canonical({ rows: manifest.tables[n]?.rows, ...table }))
      throw refusal(`the rows of "${table.name}" are not the manifest's`);
  if (canonical(manifest.files) !== canonical(found.files)) throw refusal("its files are not the manifest's");
}

/** Looks one entry ahead, so that each reader takes only what is its own. */
class Entries {
  readonly #tar: AsyncGenerator<TarEntry>;
  #ahead: TarEntry | undefined;

  constructor(tar: AsyncGenerator<TarEntry>) {
    this.#tar = tar;
  }

  async when(wanted: (entry: ReturnType<typeof parseEntry>) => boolean): Promise<TarEntry | undefined> {
    const entry = await this.#next();
    if (entry === undefined) throw refusal("it ends too early");
    if (!wanted(parseEntry(entry.name, entry.size))) return undefined;
    this.#ahead = undefined;
    return entry;
  }

  async text(name: ArchiveDocument): Promise<string> {
    const entry = await this.when((next) => next.kind === "document" && next.document === name);
    if (entry === undefined)
      throw refusal(`${JSON.stringify(this.#ahead?.name)} stands where ${name} belongs`);
    const parts: Buffer[] = [];
    for await (const part of entry.body) parts.push(part);
    return Buffer.concat(parts).toString();
  }

  async end(): Promise<void> {
    const entry = await this.#next();
    if (entry !== undefined) throw refusal(`${JSON.stringify(entry.name)} stands after its end`);
  }

  async #next(): Promise<TarEntry | undefined> {
    if (this.#ahead === undefined) {
      const next = await this.#tar.next();
      this.#ahead = next.done === true ? undefined : next.value;
    }
    return this.#ahead;
  }
}

function refuseRepeated(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw refusal(`it names "${name}" twice`);
    seen.add(name);
  }
}

const digestOf = (text: string) => createHash("sha256").update(text).digest("hex");
const canonical = (value: object | undefined) =>
  JSON.stringify(Object.entries(value ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
