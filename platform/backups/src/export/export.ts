import { assert } from "@holdfast/kernel/assert";
import type { ArchiveTable, Manifest } from "../archive.ts";
import { type ArchiveVisitor, readArchive } from "../archive-reader.ts";
import { fromIntactCopy } from "../intact-copy.ts";
import { openManifest, type SignedManifest } from "../manifest.ts";
import type { JobOptions } from "../progress.ts";
import { type BackupSource, type BadCopy, openArchive } from "../stored-backup.ts";
import type { Vault } from "../vault.ts";
import { copyEnd, copyHead, type DumpText, dumpBytes, dumpText } from "./dump-sql.ts";
import { ZipFrame, zipBytes } from "./zip.ts";

export interface ExportInput {
  readonly source: BackupSource;
  readonly vaults: readonly Vault[];
  readonly signed: SignedManifest;
  /** The range wanted: from this byte of the zip to its end, or to before `toByte`. */
  readonly fromByte: number;
  readonly toByte: number | null;
}

/** Takes the zip. `begin` comes once, before the first byte. */
export interface ExportSink {
  begin(zip: { readonly bytes: number }): Promise<void>;
  write(piece: Buffer): Promise<void>;
}

export type Exported =
  | { readonly kind: "exported"; readonly vault: string; readonly badCopies: readonly BadCopy[] }
  | { readonly kind: "damaged"; readonly badCopies: readonly BadCopy[] };

/**
 * Turns a stored backup into one zip for its customer: `manifest.json`, `dump.sql`, `filestore/<2>/<sha256>`. A pure
 * function of the backup, so a range of it is made again by making it from its start and leaving out what is
 * before; nothing plain touches a disk. Memory: one chunk, the schema, 200 bytes per file.
 *
 * Every piece is authenticated before it goes out. Should a copy turn out damaged half-way, the next vault's goes
 * on at the very byte. Source: claim BAK-4.
 *
 * @throws ExpectedError `invalid` when the archive breaks its format: the zip is then cut and never complete.
 */
export async function exportBackup(
  input: ExportInput,
  sink: ExportSink,
  options: JobOptions = {},
): Promise<Exported> {
  const manifest = openManifest(input.signed, input.source);
  const window = new Window(input, sink);
  const read = async (vault: Vault): Promise<void> => {
    window.again();
    const visitor = new ZipVisitor(manifest, input.signed, window, options);
    try {
      await readArchive(openArchive(vault, input.source), input.source, visitor);
      await visitor.end();
    } catch (error) {
      if (!(error instanceof WindowFull)) throw error;
    }
  };
  const found = await fromIntactCopy(input.vaults, read, options);
  if (found.kind === "damaged") return found;
  return { kind: "exported", vault: found.vault, badCopies: found.badCopies };
}

/** All that was wanted went out. */
class WindowFull extends Error {}

/** Lets the wanted range of a zip through, also when it is made several times. */
class Window {
  readonly #sink: ExportSink;
  readonly #to: number;
  /** The next byte that the sink has not got. */
  #next: number;
  /** How far this making is. */
  #at = 0;
  #begun = false;

  constructor({ fromByte, toByte }: ExportInput, sink: ExportSink) {
    this.#sink = sink;
    this.#next = fromByte;
    this.#to = toByte ?? Number.POSITIVE_INFINITY;
  }

  again(): void {
    this.#at = 0;
  }

  async begin(bytes: number): Promise<void> {
    if (!this.#begun) await this.#sink.begin({ bytes });
    this.#begun = true;
  }

  async write(piece: Buffer): Promise<void> {
    const wanted = piece.subarray(
      Math.max(0, Math.min(piece.byteLength, this.#next - this.#at)),
      Math.max(0, Math.min(piece.byteLength, this.#to - this.#at)),
    );
    this.#at += piece.byteLength;
    if (wanted.byteLength > 0) {
      this.#next += wanted.byteLength;
      await this.#sink.write(wanted);
    }
    if (this.#next >= this.#to) throw new WindowFull();
  }
}

class ZipVisitor implements ArchiveVisitor {
  readonly #manifest: Manifest;
  readonly #signed: SignedManifest;
  readonly #out: Window;
  readonly #options: JobOptions;
  readonly #frame: ZipFrame;
  #text: DumpText | undefined;
  #tables = 0;

  constructor(manifest: Manifest, signed: SignedManifest, out: Window, options: JobOptions) {
    this.#manifest = manifest;
    this.#signed = signed;
    this.#out = out;
    this.#options = options;
    this.#frame = new ZipFrame(new Date(manifest.takenAt));
  }

  async tables(): Promise<void> {
    // What is listed here is compared with the manifest at the end.
  }

  async schema(schema: string): Promise<void> {
    this.#text = dumpText(this.#manifest, schema);
    const dump = dumpBytes(this.#manifest, this.#text);
    const manifest = Buffer.from(this.#signed.text);
    const { count, bytes } = this.#manifest.files;
    await this.#out.begin(
      zipBytes({
        entries: 2 + count,
        nameBytes: "manifest.json".length + "dump.sql".length + count * fileNameBytes,
        contentBytes: manifest.byteLength + dump + bytes,
      }),
    );
    await this.#entry("manifest.json", manifest);
    await this.#out.write(this.#frame.begin("dump.sql", dump));
    await this.#piece(this.#text.before);
    if (this.#manifest.tables.length === 0) await this.#endDump();
  }

  async rows(table: ArchiveTable, copy: AsyncIterable<Buffer>): Promise<undefined> {
    await this.#piece(copyHead(table));
    for await (const chunk of copy) {
      this.#options.signal?.throwIfAborted();
      await this.#piece(chunk);
    }
    await this.#piece(copyEnd);
    if (++this.#tables === this.#manifest.tables.length) await this.#endDump();
    return undefined;
  }

  async file(sha256: string, content: AsyncIterable<Buffer>, bytes: number): Promise<void> {
    await this.#out.write(this.#frame.begin(`filestore/${sha256.slice(0, 2)}/${sha256}`, bytes));
    for await (const chunk of content) {
      this.#options.signal?.throwIfAborted();
      await this.#piece(chunk);
    }
    await this.#out.write(this.#frame.end());
  }

  async end(): Promise<void> {
    for (const piece of this.#frame.directory()) await this.#out.write(piece);
  }

  async #endDump(): Promise<void> {
    assert(this.#text !== undefined, "the schema comes before the rows");
    await this.#piece(this.#text.after);
    await this.#out.write(this.#frame.end());
  }

  async #entry(name: string, content: Buffer): Promise<void> {
    await this.#out.write(this.#frame.begin(name, content.byteLength));
    await this.#piece(content);
    await this.#out.write(this.#frame.end());
  }

  #piece(piece: Buffer): Promise<void> {
    return this.#out.write(this.#frame.content(piece));
  }
}

const fileNameBytes = "filestore/".length + 3 + 64;
