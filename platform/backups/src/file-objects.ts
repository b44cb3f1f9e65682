import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { chown, type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { ExpectedError } from "@holdfast/kernel/errors";
import {
  deriveKey,
  fileKeyPurpose,
  openStream,
  pieceBytes,
  sealedHeaderBytes,
  sealStream,
} from "@holdfast/kernel/sealed-stream";
import { type DataKeys, derivedKeys } from "./data-keys.ts";
import { withinPrefix } from "./within-prefix.ts";

/** A customer's files on disk: `<folder>/<sha256[0:2]>/<sha256>`, each sealed, named by the digest of its content. */
export interface FileFolder extends DataKeys {
  readonly path: string;
}

export interface FileObject {
  readonly sha256: string;
  /** Of the content, from the sealed size. */
  readonly bytes: number;
}

/**
 * Yields every object by ascending digest, those after `after` alone; a folder that does not exist has none. Memory:
 * one of 256 folders' names.
 */
export async function* listFiles(folder: Pick<FileFolder, "path">, after = ""): AsyncGenerator<FileObject> {
  const prefixes = (await namesIn(folder.path)).filter((name) => /^[0-9a-f]{2}$/.test(name));
  for (const prefix of prefixes.filter((name) => name >= after.slice(0, 2)))
    for (const sha256 of await namesIn(join(folder.path, prefix)))
      if (/^[0-9a-f]{64}$/.test(sha256) && sha256.startsWith(prefix) && sha256 > after) {
        const found = await stat(objectPath(folder, sha256)).catch(() => undefined);
        if (found?.isFile() === true) yield { sha256, bytes: contentBytes(found.size) };
      }
}

/**
 * The content of one object. Its digest and size are checked at the end: a reader that reaches the end has the content
 * that the name promises.
 *
 * @throws ExpectedError naming the object when it is damaged, of another key, or not a plain file.
 */
export async function* readFileObject(folder: FileFolder, object: FileObject): AsyncGenerator<Buffer> {
  const file = await openPlain(objectPath(folder, object.sha256));
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    const opened = openStream(derivedKeys(folder, fileKeyPurpose));
    const source = file.createReadStream({ autoClose: false });
    source.on("error", (error) => opened.destroy(error));
    for await (const chunk of source.pipe(opened) as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      hash.update(chunk);
      if (bytes > object.bytes) break;
      yield chunk;
    }
  } catch (cause) {
    throw damaged(object, cause);
  } finally {
    await file.close();
  }
  if (bytes !== object.bytes || hash.digest("hex") !== object.sha256) throw damaged(object);
}

/**
 * Opens a stored file for reading. Those who write there are not those who read: a link is not followed, a pipe does not
 * make anybody wait. @throws ExpectedError `invalid` when it is none.
 */
export async function openPlain(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      throw error.code === "ELOOP" ? noFile(error) : error;
    },
  );
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw noFile();
}

const noFile = (cause?: unknown): ExpectedError =>
  new ExpectedError("invalid", "what lies in the place of a stored file is no file", { cause });

/**
 * Takes files in for a restore: sealed under the target's key into a folder aside, moved into place all together
 * by `publish`, or removed by `discard`. Nothing plain touches the disk. A killed restore leaves only the folder
 * aside, which the next one of the same backup clears.
 */
export class FileIntake {
  readonly #folder: FileFolder;
  readonly #aside: string;
  #owner: { readonly uid: number; readonly gid: number } | undefined;

  constructor(folder: FileFolder, backupId: string) {
    this.#folder = folder;
    this.#aside = join(folder.path, `.loading-${backupId}`);
  }

  async begin(): Promise<void> {
    await this.discard();
    await mkdir(this.#folder.path, { recursive: true, mode: 0o700 });
    await mkdir(this.#aside, { mode: 0o700 });
    const { uid, gid } = await stat(this.#folder.path);
    if (process.getuid?.() === 0) this.#owner = { uid, gid }; // the server that reads them is another user
  }

  /** @param content - whose digest the caller checks before it publishes. */
  async add(sha256: string, content: AsyncIterable<Buffer>): Promise<void> {
    const file = await open(join(this.#aside, sha256), "wx", 0o640);
    try {
      const seal = sealStream(deriveKey(this.#folder.dataKey, fileKeyPurpose));
      await pipeline(content, seal, async (sealed: AsyncIterable<Buffer>) => {
        for await (const chunk of sealed) await file.writeFile(chunk);
      });
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async publish(): Promise<void> {
    for (const sha256 of await namesIn(this.#aside)) {
      const prefix = sha256.slice(0, 2);
      await this.#own(join(this.#aside, sha256));
      await withinPrefix(this.#folder.path, prefix, async (place) => {
        await this.#own(join(this.#folder.path, prefix));
        await rename(join(this.#aside, sha256), join(place, sha256));
      });
    }
    await this.discard();
  }

  async discard(): Promise<void> {
    await rm(this.#aside, { recursive: true, force: true });
  }

  async #own(path: string): Promise<void> {
    if (this.#owner !== undefined) await chown(path, this.#owner.uid, this.#owner.gid);
  }
}

/** One line per file, digested in order: says whether two sets of files are the same without holding either. */
export function fileLine(object: FileObject): string {
  return `${object.sha256} ${object.bytes}\n`;
}

/** Where a file object lies. */
export const objectPath = (folder: Pick<FileFolder, "path">, sha256: string): string =>
  join(folder.path, sha256.slice(0, 2), sha256);

function contentBytes(sealedBytes: number): number {
  const body = Math.max(0, sealedBytes - sealedHeaderBytes);
  return Math.max(0, body - Math.ceil(body / (pieceBytes + 16)) * 16);
}

async function namesIn(path: string): Promise<string[]> {
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names.sort();
}

const damaged = (object: FileObject, cause?: unknown) =>
  new ExpectedError("invalid", `the stored file ${object.sha256} is damaged or of another key`, {
    hint: "restore it from an older backup, or remove the document that names it",
    cause,
  });
