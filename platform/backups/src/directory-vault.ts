import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { link, lstat, mkdir, open, readdir, rm, rmdir, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId } from "@holdfast/kernel/id";
import { incomingName, keepIncoming, storePath, wayIn } from "./keeper.ts";
import { limits } from "./limits.ts";
import { parseVaultName, type VaultObjectName } from "./object-name.ts";
import type { PutOptions, StoredObject, Vault, VaultPlace } from "./vault.ts";
import { asVault, objectExists, VaultError, vaultError } from "./vault-error.ts";

export interface DirectoryVaultSpec {
  readonly kind: "directory";
  /** Holds `incoming/` (the writer's) and `store/` (the keeper's). */
  readonly path: string;
  /** "inline": this process moves objects into the store itself. "separate": another system user's keeper does. */
  readonly keeper: "inline" | "separate";
  /** How much must stay free on its disk; default 256 MiB. */
  readonly freeBytes?: number;
  /** The most that a writer sends; default without limit. */
  readonly bytesPerSecond?: number;
  readonly place: Omit<VaultPlace, "enforced">;
}

/**
 * A vault in a folder: content goes to `incoming/<random>.part`, is flushed, linked as `.ready`, and taken over
 * by the keeper into the read-only `store/`. With an inline keeper one user could still delete, so the place says
 * `enforced: false`.
 */
export function openDirectoryVault(spec: DirectoryVaultSpec): Vault {
  return {
    kind: "directory",
    place: { ...spec.place, enforced: spec.keeper === "separate" },
    capabilities: { resumable: false, serverChecksum: "none", lock: "none", endsItself: false },
    put: (name, content, options = {}) => put(spec, name, content, options),
    get: (name, range = {}) => asVault(spec.place.name, get(spec, name, range)),
    list: (tenantId) => asVault(spec.place.name, list(spec, tenantId)),
    close: async () => undefined,
  };
}

/**
 * Removes what a killed job left in `incoming/`: run at the start of the host's agent, when no job runs.
 *
 * @returns the names of the removed files. Objects that were whole (`.ready`) are taken over, not lost.
 */
export async function sweepIncoming(spec: DirectoryVaultSpec): Promise<string[]> {
  if (spec.keeper === "inline") await keepIncoming(spec.path);
  const parts = (await namesIn(join(spec.path, "incoming"))).filter((name) => name.endsWith(".part"));
  for (const name of parts) await rm(join(spec.path, "incoming", name), { force: true });
  return parts;
}

/**
 * Deletes one object. Belongs to the retention role: nothing that takes or restores backups calls it.
 * Idempotent. The folder of a tenant goes with its last object.
 */
export async function removeFromDirectoryVault(
  spec: DirectoryVaultSpec,
  name: VaultObjectName,
): Promise<void> {
  await rm(storePath(spec.path, name), { force: true });
  // rmdir, so that what comes in at this moment keeps its folder. A disk that takes no writes says so before it
  // looks, and the object is not there: one such vault must not stop what the others do.
  await rmdir(join(storePath(spec.path, name), "..")).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOTEMPTY" && error.code !== "ENOENT" && error.code !== "EROFS") throw error;
  });
}

/** Removes what a job that was killed left of one object on its way in. No job may be writing it. */
export async function removeIncoming(spec: DirectoryVaultSpec, name: VaultObjectName): Promise<void> {
  const incoming = join(spec.path, "incoming");
  for (const file of await namesIn(incoming))
    if (file.startsWith(wayIn(name))) await rm(join(incoming, file), { force: true });
}

async function put(
  spec: DirectoryVaultSpec,
  name: VaultObjectName,
  content: AsyncIterable<Uint8Array>,
  options: PutOptions,
) {
  const incoming = join(spec.path, "incoming");
  await mkdir(incoming, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw vaultError(spec.place.name, error);
  });
  await refuseExisting(spec, name);
  const part = join(incoming, `${wayIn(name)}${randomBytes(12).toString("hex")}.part`);
  try {
    const bytes = await writePart(spec, part, content, options.signal);
    await link(part, join(incoming, incomingName(name))); // fails where another writer is about to store the same name
    await handOver(spec, name, { bytes, signal: options.signal });
    return { bytes };
  } catch (error) {
    options.signal?.throwIfAborted();
    throw (error as NodeJS.ErrnoException).code === "EEXIST"
      ? objectExists(spec.place.name)
      : vaultError(spec.place.name, error);
  } finally {
    await rm(part, { force: true });
  }
}

async function writePart(
  spec: DirectoryVaultSpec,
  part: string,
  content: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
) {
  const file = await open(part, "wx", 0o600);
  try {
    let bytes = 0;
    let checkAt = 0;
    for await (const chunk of content) {
      signal?.throwIfAborted();
      if (bytes >= checkAt) {
        await refuseFullDisk(spec);
        checkAt += limits.vaultFreeEveryBytes;
      }
      bytes += chunk.byteLength;
      if (bytes > limits.objectBytes)
        throw new ExpectedError("too_large", "a backup is larger than a vault object may be");
      await file.writeFile(chunk);
    }
    signal?.throwIfAborted();
    await file.sync();
    return bytes;
  } finally {
    await file.close();
  }
}

interface Handing {
  readonly bytes: number;
  readonly signal: AbortSignal | undefined;
}

/** Cancelled while it waits, it takes the object back if the keeper has not come yet. */
async function handOver(
  spec: DirectoryVaultSpec,
  name: VaultObjectName,
  { bytes, signal }: Handing,
): Promise<void> {
  if (spec.keeper === "inline") await keepIncoming(spec.path, name);
  for (let waited = 0; ; waited += limits.keeperPollMs) {
    if (signal?.aborted) await rm(join(spec.path, "incoming", incomingName(name)), { force: true });
    signal?.throwIfAborted();
    const stored = await sizeOf(storePath(spec.path, name));
    if (stored === bytes) return;
    if (stored !== undefined) throw objectExists(spec.place.name);
    if (waited >= limits.keeperWaitMs)
      throw new VaultError(spec.place.name, "away", {
        why: `has a keeper that took nothing over for ${waited / 1000} s`,
        hint: "see whether the vault's keeper runs",
      });
    await wait(limits.keeperPollMs);
  }
}

async function* get(
  spec: DirectoryVaultSpec,
  name: VaultObjectName,
  range: { fromByte?: number; toByte?: number },
) {
  const { fromByte = 0, toByte = Number.POSITIVE_INFINITY } = range;
  if (toByte <= fromByte) return;
  const found = await lstat(storePath(spec.path, name)).catch(nothingWhenMissing(undefined));
  if (found === undefined)
    throw new ExpectedError("not_found", `vault "${spec.place.name}" has no object ${name}`);
  // A pipe put there would be waited on for ever, a device never end.
  if (!found.isFile())
    throw new VaultError(spec.place.name, "lying", { why: `has no plain file as object ${name}` });
  yield* createReadStream(storePath(spec.path, name), {
    start: fromByte,
    end: toByte - 1,
    highWaterMark: 256 * 1024,
  }) as AsyncIterable<Buffer>;
}

async function* list(spec: DirectoryVaultSpec, tenantId?: TenantId): AsyncGenerator<StoredObject> {
  const folders = tenantId === undefined ? await namesIn(join(spec.path, "store")) : [tenantId];
  for (const folder of folders)
    for (const file of await namesIn(join(spec.path, "store", folder))) {
      const name = parseVaultName(`${folder}/${file}`);
      const found =
        name === undefined ? undefined : await stat(storePath(spec.path, name)).catch(() => undefined);
      if (name !== undefined && found?.isFile() === true)
        yield { name, bytes: found.size, storedAtMs: found.mtimeMs };
    }
}

async function refuseExisting(spec: DirectoryVaultSpec, name: VaultObjectName): Promise<void> {
  if ((await sizeOf(storePath(spec.path, name))) !== undefined) throw objectExists(spec.place.name);
}

async function refuseFullDisk(spec: DirectoryVaultSpec): Promise<void> {
  const disk = await statfs(spec.path);
  const [free, wanted] = [disk.bavail * disk.bsize, spec.freeBytes ?? limits.vaultFreeBytes];
  if (free < wanted)
    throw new VaultError(spec.place.name, "full", {
      why: `has a disk with ${megabytes(free)} free, at least ${megabytes(wanted)} wanted`,
    });
}

const megabytes = (bytes: number) => `${Math.floor(bytes / 1_048_576)} MiB`;
const namesIn = (folder: string) => readdir(folder).catch(nothingWhenMissing<string[]>([]));
const sizeOf = async (path: string) => (await stat(path).catch(nothingWhenMissing(undefined)))?.size;

function nothingWhenMissing<T>(nothing: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === "ENOENT") return nothing;
    throw error;
  };
}
