import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { chmod, type FileHandle, link, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Log } from "@holdfast/kernel/log";
import type { Random } from "@holdfast/kernel/random";
import { openStream, sealedBeginningBytes, sealedUnder, sealStream } from "@holdfast/kernel/sealed-stream";
import { incomingPrefix } from "./left-pieces.ts";

/** One customer's files: each content once, encrypted, under the digest of its content; never overwritten. */
export interface FileStore {
  /**
   * Stores a content. Nothing plain touches the disk; after it resolves the file survives a crash.
   *
   * @returns its digest and size.
   * @throws ExpectedError `too_large`; and whatever the stream fails with. Then nothing is left.
   */
  put(content: Readable, limitBytes: number): Promise<StoredFile>;
  /**
   * The content of a digest. Ends without an error only when it was whole and the one that the name promises.
   *
   * @throws ExpectedError `not_found` when there is none.
   */
  open(sha256: string): Promise<Readable>;
}

/** A content that is in the store. */
export interface StoredFile {
  readonly sha256: string;
  readonly bytes: number;
}

export interface FileStoreParts {
  readonly folder: string;
  /** 32 bytes, of purpose `files.v1`: what is put is sealed under it. */
  readonly key: Uint8Array;
  /**
   * Every key under which a content may lie, while a data key is changed, the current one first; absent: that one
   * alone. Afresh: as whoever holds them says now, or failing where nobody says so.
   */
  keys?(afresh: boolean): Promise<readonly Uint8Array[]>;
  readonly random: Random;
  readonly log: Log;
}

const digestPattern = /^[0-9a-f]{64}$/;

/** Opens the store; the folder is made with the first file. Layout: `<folder>/<sha256[0:2]>/<sha256>`. Source: claim ENC-5. */
export function fileStore(parts: FileStoreParts): FileStore {
  return {
    put: (content, limitBytes) => put(parts, content, limitBytes),
    open: (sha256) => openFile(parts, sha256),
  };
}

async function put(parts: FileStoreParts, content: Readable, limitBytes: number): Promise<StoredFile> {
  await mkdir(parts.folder, { recursive: true, mode: 0o750 });
  const aside = join(parts.folder, `${incomingPrefix}${Buffer.from(parts.random.bytes(12)).toString("hex")}`);
  const measured = new Measure(limitBytes);
  try {
    const file = await open(aside, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o640);
    await pipeline(
      content,
      measured,
      sealStream(parts.key, parts.random),
      file.createWriteStream({ flush: true }),
    );
    const stored = { sha256: measured.sha256(), bytes: measured.bytes };
    await underCurrentKey(parts, aside);
    await publish(parts.folder, aside, stored.sha256);
    return stored;
  } finally {
    await rm(aside, { force: true });
    await rm(anewOf(aside), { force: true });
  }
}

const anewOf = (aside: string): string => `${aside}-anew`;

/**
 * An upload may last for hours: when its data key was replaced meanwhile, what came in is sealed anew before it counts,
 * since nobody looks for a file under the former key once that is destroyed. Claim ENC-5.
 */
async function underCurrentKey({ key, keys, random }: FileStoreParts, aside: string): Promise<void> {
  const [current = key] = (await keys?.(true)) ?? [];
  if (Buffer.from(current).equals(key)) return;
  const sealed = await open(aside, constants.O_RDONLY | constants.O_NOFOLLOW);
  const anew = await open(anewOf(aside), constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o640);
  await pipeline(
    sealed.createReadStream(),
    openStream(key),
    sealStream(current, random),
    anew.createWriteStream({ flush: true }),
  );
  await rename(anewOf(aside), aside);
}

/** A second link, not a rename: what is there already stays as it is. */
async function publish(folder: string, aside: string, sha256: string): Promise<void> {
  const place = pathOf(folder, sha256);
  await makeWithin(folder, dirname(place));
  try {
    await link(aside, place);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return;
  }
  for (const path of [dirname(place), folder]) await syncFolder(path);
}

/** As open as the folder itself, whatever our own mask is: who shares that, shares what is made in it. */
async function makeWithin(folder: string, path: string): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode: 0o750 });
  if (made !== undefined) await chmod(path, (await stat(folder)).mode & 0o2770);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function openFile(parts: FileStoreParts, sha256: string): Promise<Readable> {
  if (!digestPattern.test(sha256)) throw missing();
  const file = await open(pathOf(parts.folder, sha256), constants.O_RDONLY | constants.O_NOFOLLOW).catch(
    (cause: unknown) => {
      throw missing(cause);
    },
  );
  const keys = await keysFor(parts, file).catch(async (error: unknown) => {
    await file.close();
    throw error;
  });
  const whole = new Compare(sha256);
  pipeline(file.createReadStream(), openStream(keys), whole).catch((error: unknown) => {
    if (!whole.leftEarly) parts.log("error", "a stored file is damaged", { sha256, error });
  });
  return whole;
}

/** A file that none of the known keys opens may lie under one that was made since: then they are asked for once more. */
async function keysFor({ key, keys: ask }: FileStoreParts, file: FileHandle): Promise<readonly Uint8Array[]> {
  if (ask === undefined) return [key];
  const keys = await ask(false);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(sealedBeginningBytes), { position: 0 });
  return sealedUnder(buffer.subarray(0, bytesRead), keys) >= 0 ? keys : ask(true);
}

/** Counts and digests what passes. */
class Measure extends Transform {
  readonly #limitBytes: number;
  readonly #hash = createHash("sha256");
  bytes = 0;

  constructor(limitBytes: number) {
    super();
    this.#limitBytes = limitBytes;
  }

  override _transform(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error?: Error | null, data?: Buffer) => void,
  ): void {
    this.bytes += chunk.byteLength;
    if (this.bytes > this.#limitBytes)
      return done(new ExpectedError("too_large", `The file is larger than ${this.#limitBytes} bytes.`));
    this.#hash.update(chunk);
    done(null, chunk);
  }

  sha256(): string {
    return this.#hash.digest("hex");
  }
}

/** Fails at the end when the content is not the one that was asked for. */
class Compare extends Transform {
  readonly #sha256: string;
  readonly #hash = createHash("sha256");
  /** Whoever read it went away: no damage. */
  leftEarly = false;

  constructor(sha256: string) {
    super();
    this.#sha256 = sha256;
  }

  override _transform(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error?: Error | null, data?: Buffer) => void,
  ): void {
    this.#hash.update(chunk);
    done(null, chunk);
  }

  override _flush(done: (error?: Error | null) => void): void {
    const same = this.#hash.digest("hex") === this.#sha256;
    done(same ? null : new Error("a stored file has another content than its name says"));
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (error === null) this.leftEarly = true;
    done(error);
  }
}

function pathOf(folder: string, sha256: string): string {
  return join(folder, sha256.slice(0, 2), sha256);
}

function missing(cause?: unknown): ExpectedError {
  return new ExpectedError("not_found", "This file is not there.", { cause });
}
