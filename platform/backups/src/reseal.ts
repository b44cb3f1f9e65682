import type { Stats } from "node:fs";
import { open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import {
  deriveKey,
  fileKeyPurpose,
  sealedBeginningBytes,
  sealedUnder,
  sealStream,
} from "@holdfast/kernel/sealed-stream";
import { derivedKeys } from "./data-keys.ts";
import {
  type FileFolder,
  type FileObject,
  listFiles,
  objectPath,
  openPlain,
  readFileObject,
} from "./file-objects.ts";
import { limits } from "./limits.ts";
import type { JobOptions } from "./progress.ts";

/** One batch of a customer's files, gone through in the order of their digests. */
export interface Resealed {
  /** Where the next batch begins; null: none is left. */
  readonly next: string | null;
  readonly looked: number;
  /** Those that lay under a former key and lie under the current one now. */
  readonly resealed: number;
  readonly bytes: number;
  /** Those that no key opens: they stay as they are, since no key that is destroyed could help them. */
  readonly damaged: number;
}

const asidePrefix = ".resealing-";

/**
 * Seals files that lie under a former data key anew, under the current one: those whose digests come after `after`, as
 * many as one batch may look at. Each is written aside and renamed over, so that readers have the one or the other,
 * whole; a killed batch leaves one file aside, which the next one removes. Nothing plain touches the disk. Safe to run
 * again. Whoever calls sees to it that nobody deletes files meanwhile: a deleted one would come back.
 */
export async function resealFiles(
  folder: FileFolder & { readonly after: string },
  { signal, onProgress }: JobOptions = {},
): Promise<Resealed> {
  await clearAside(folder.path);
  const done = { looked: 0, resealed: 0, bytes: 0, damaged: 0 };
  const changed = new Set<string>();
  let last: string | null = null;
  for await (const file of listFiles(folder, folder.after)) {
    signal?.throwIfAborted();
    if (done.looked >= limits.resealLooked || done.bytes >= limits.resealBytes) {
      await syncAll(changed);
      return { ...done, next: last };
    }
    const fate = await resealOne(folder, file);
    last = file.sha256;
    done.looked += 1;
    if (fate === "damaged") done.damaged += 1;
    if (fate !== "resealed") continue;
    changed.add(dirname(objectPath(folder, file.sha256)));
    done.resealed += 1;
    done.bytes += file.bytes;
    onProgress?.({ step: "sealing files anew", done: done.resealed, total: null, unit: "files" });
  }
  await syncAll(changed);
  return { ...done, next: null };
}

async function resealOne(
  folder: FileFolder,
  object: FileObject,
): Promise<"current" | "resealed" | "damaged"> {
  const path = objectPath(folder, object.sha256);
  const found = await lookAt(path);
  if (found === undefined) return "damaged";
  const at = sealedUnder(found.beginning, derivedKeys(folder, fileKeyPurpose));
  if (at === 0) return "current";
  if (at < 0) return "damaged";
  const { mode, uid, gid } = found.stats;
  const aside = join(folder.path, `${asidePrefix}${object.sha256}`);
  const file = await open(aside, "wx", mode & 0o777);
  try {
    const seal = sealStream(deriveKey(folder.dataKey, fileKeyPurpose));
    await pipeline(readFileObject(folder, object), seal, async (sealed: AsyncIterable<Buffer>) => {
      for await (const chunk of sealed) await file.writeFile(chunk);
    });
    if (process.getuid?.() === 0) await file.chown(uid, gid);
    await file.sync();
  } catch (error) {
    await rm(aside, { force: true });
    if (isDamage(error)) return "damaged";
    throw error;
  } finally {
    await file.close();
  }
  await rename(aside, path);
  return "resealed";
}

/** @returns undefined for what is no plain file: the server owns the folder, and may have laid a link or a pipe there. */
async function lookAt(path: string): Promise<{ beginning: Buffer; stats: Stats } | undefined> {
  const file = await openPlain(path).catch((error: unknown) => {
    if (isDamage(error)) return undefined;
    throw error;
  });
  if (file === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(sealedBeginningBytes), { position: 0 });
    return { beginning: buffer.subarray(0, bytesRead), stats: await file.stat() };
  } finally {
    await file.close();
  }
}

/** A disk that does not answer says nothing of the file: the key under which it lies must not go for that. */
function isDamage(error: unknown): boolean {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown; syscall?: unknown } };
  return code === "invalid" && (cause?.syscall === undefined || cause.code === "ELOOP");
}

/** A rename that a loss of power takes back would leave a file under a key that is destroyed by then. */
async function syncAll(folders: ReadonlySet<string>): Promise<void> {
  for (const path of folders) {
    const folder = await open(path, "r");
    await folder.sync().finally(() => folder.close());
  }
}

async function clearAside(path: string): Promise<void> {
  const names = await readdir(path).catch(() => []);
  for (const name of names.filter((each) => each.startsWith(asidePrefix))) await rm(join(path, name));
}
