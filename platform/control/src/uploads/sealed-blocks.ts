import { type FileHandle, open, truncate } from "node:fs/promises";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Random } from "@holdfast/kernel/random";
import { boxOverheadBytes, openBox, sealBox } from "@holdfast/kernel/sealed-box";
import { emptyDigest, nextDigest } from "@holdfast/protocol/upload-digest";
import { uploadBlockBytes } from "@holdfast/protocol/upload-methods";

const digestBytes = 32;
const overheadBytes = boxOverheadBytes + digestBytes;
const recordBytes = overheadBytes + uploadBlockBytes;
/** Records at the end that a loss of power may have spoiled; with more the file is not what was written. */
const spoiledMost = 64;

/** How far an upload is. */
export interface Reach {
  readonly offset: number;
  /** Of all blocks so far, 32 bytes; see {@link nextDigest}. */
  readonly digest: Buffer;
}

/** Before the first block. */
export const nothingYet: Reach = { offset: 0, digest: emptyDigest };

/** See {@link SealedBlocks}. */
export interface SealedBlocksOptions {
  readonly path: string;
  /** Bound to each record, with its number: no record counts in another place. */
  readonly context: string;
  /** Of the whole when it is complete. */
  readonly bytes: number;
  /** The first one seals; each may have sealed what is there. */
  readonly keys: readonly Uint8Array[];
  readonly random: Random;
}

/**
 * The blocks of an upload in one file, each sealed by itself (AES-256-GCM, random nonce) together with the digest of
 * all up to it: so that the last one alone tells how far it is, and nothing plain is on the disk. What a killed
 * process or a loss of power left torn at the end is cut off.
 */
export class SealedBlocks {
  readonly #options: SealedBlocksOptions;

  constructor(options: SealedBlocksOptions) {
    this.#options = options;
  }

  /** Cuts off what is torn. @throws ExpectedError `gone` when what is there cannot be opened. */
  async reach(): Promise<Reach> {
    const { path, bytes } = this.#options;
    const file = await open(path, "a+", 0o600);
    try {
      const { size } = await file.stat();
      const last = Math.ceil(bytes / uploadBlockBytes) - 1;
      const complete = last * recordBytes + overheadBytes + this.#lengthOf(last);
      const found = size >= complete ? last + 1 : Math.floor(size / recordBytes);
      for (let records = found; records > Math.max(0, found - spoiledMost); records--) {
        const record = await this.#record(file, records - 1);
        if (record === undefined) continue;
        await this.#cut(records, size);
        return {
          offset: (records - 1) * uploadBlockBytes + record.block.byteLength,
          digest: record.digest,
        };
      }
      if (found > spoiledMost) throw unreadable();
      await this.#cut(0, size);
      return nothingYet;
    } finally {
      await file.close();
    }
  }

  /** Adds the block that comes next. @returns how far it is then. */
  async append(at: Reach, block: Buffer): Promise<Reach> {
    const number = at.offset / uploadBlockBytes;
    const digest = nextDigest(at.digest, block);
    const [key] = this.#options.keys;
    if (key === undefined) throw unreadable();
    const { random } = this.#options;
    const record = sealBox(key, [digest, block], { context: this.#named(number), random });
    const file = await open(this.#options.path, "r+");
    try {
      await file.write(record, 0, null, number * recordBytes);
    } finally {
      await file.close();
    }
    return { offset: at.offset + block.byteLength, digest };
  }

  /** All of it, in order. @throws ExpectedError `gone` where a block cannot be opened. */
  async *read(): AsyncGenerator<Buffer> {
    const file = await open(this.#options.path, "r");
    try {
      for (let number = 0; number * uploadBlockBytes < this.#options.bytes; number++) {
        const record = await this.#record(file, number);
        if (record === undefined) throw unreadable();
        yield record.block;
      }
    } finally {
      await file.close();
    }
  }

  async #record(
    file: FileHandle,
    number: number,
  ): Promise<{ readonly block: Buffer; readonly digest: Buffer } | undefined> {
    const wanted = overheadBytes + this.#lengthOf(number);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(wanted), 0, wanted, number * recordBytes);
    if (bytesRead < wanted) return undefined;
    for (const key of this.#options.keys) {
      const plain = opened(key, this.#named(number), buffer);
      if (plain !== undefined)
        return { digest: plain.subarray(0, digestBytes), block: plain.subarray(digestBytes) };
    }
    return undefined;
  }

  async #cut(records: number, size: number): Promise<void> {
    const { bytes, path } = this.#options;
    const plain = Math.min(records * uploadBlockBytes, bytes);
    const wanted = plain + records * overheadBytes;
    if (size > wanted) await truncate(path, wanted);
  }

  #lengthOf(number: number): number {
    return Math.min(uploadBlockBytes, this.#options.bytes - number * uploadBlockBytes);
  }

  #named(number: number): string {
    return `${this.#options.context} ${number}`;
  }
}

function opened(key: Uint8Array, named: string, record: Buffer): Buffer | undefined {
  try {
    return openBox(key, record, named);
  } catch {
    return undefined;
  }
}

function unreadable(): ExpectedError {
  return new ExpectedError("gone", "What was sent of this zip can no longer be read.", {
    hint: "Begin again.",
  });
}
