import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId } from "@holdfast/kernel/id";
import type { FileEntryWithStats, Stats } from "ssh2";
import { incomingName, wayIn } from "./keeper.ts";
import { limits } from "./limits.ts";
import { parseVaultName, type VaultObjectName } from "./object-name.ts";
import type { Patience } from "./patience.ts";
import { reconnecting } from "./reconnecting.ts";
import { SftpConnection, type SftpVaultSpec } from "./sftp-connection.ts";
import { readRange, writeFrom } from "./sftp-stream.ts";
import type { PutOptions, StoredObject, Vault } from "./vault.ts";
import { objectExists, VaultError } from "./vault-error.ts";

/**
 * A vault on a server that speaks SFTP: content goes to `incoming/<name>.part`, is flushed and renamed to `.ready`;
 * a keeper there, another system user, moves it to `store/`, in which the writer can only read (see keeper.ts).
 */
export function openSftpVault(spec: SftpVaultSpec, patience?: Patience): Vault {
  const sftp = new SftpConnection(spec, patience);
  return {
    kind: "sftp",
    place: { ...spec.place, enforced: spec.enforced },
    capabilities: { resumable: true, serverChecksum: "none", lock: "none", endsItself: true },
    put: (name, content, options = {}) => put(sftp, { name, content, options }),
    get: (name, range = {}) => get(sftp, name, range),
    list: (tenantId) => list(sftp, tenantId),
    close: () => sftp.close(),
  };
}

/** Where an object lies. */
export const remotePath = ({ path }: SftpVaultSpec, name: VaultObjectName) => `${path}/store/${name}`;
/** Where files are on their way in. */
export const remoteIncoming = ({ path }: SftpVaultSpec) => `${path}/incoming`;

interface Put {
  readonly name: VaultObjectName;
  readonly content: AsyncIterable<Uint8Array>;
  readonly options: PutOptions;
}

async function put(
  sftp: SftpConnection,
  { name, content, options }: Put,
): Promise<{ readonly bytes: number }> {
  const { spec } = sftp;
  if ((await sizeOf(sftp, remotePath(spec, name))) !== undefined) throw objectExists(spec.place.name);
  const random = options.resume === undefined ? randomBytes(12).toString("hex") : "resume";
  const part = `${remoteIncoming(spec)}/${wayIn(name)}${random}.part`;
  const ready = `${remoteIncoming(spec)}/${incomingName(name)}`;
  try {
    const bytes = await writeFrom(sftp, {
      path: part,
      content,
      signal: options.signal,
      keep: await keptBytes(sftp, part, options),
      guard: () => refuseFullDisk(sftp),
    });
    await sftp.run((client, done) => client.rename(part, ready, done));
    await handOver(sftp, { name, bytes, signal: options.signal });
    return { bytes };
  } catch (error) {
    if (options.resume === undefined) await forget(sftp, part);
    throw error;
  }
}

/** What of an earlier try need not be sent again: all but the last, which a break of the server may have lost. */
async function keptBytes(
  sftp: SftpConnection,
  part: string,
  { resume }: PutOptions,
): Promise<number | undefined> {
  if (resume === undefined) return undefined;
  const there = (await sizeOf(sftp, part)) ?? 0;
  return there > resume.bytes ? 0 : Math.max(0, there - limits.resumeAgainBytes);
}

async function forget(sftp: SftpConnection, path: string): Promise<void> {
  await sftp.run((client, done) => client.unlink(path, done)).catch(() => undefined);
}

interface Handing {
  readonly name: VaultObjectName;
  readonly bytes: number;
  readonly signal: AbortSignal | undefined;
}

/** Cancelled while it waits, it takes the object back if the keeper has not come yet. */
async function handOver(sftp: SftpConnection, { name, bytes, signal }: Handing): Promise<void> {
  const { spec } = sftp;
  for (let waited = 0; ; waited += limits.remoteKeeperPollMs) {
    if (signal?.aborted) await forget(sftp, `${remoteIncoming(spec)}/${incomingName(name)}`);
    signal?.throwIfAborted();
    const stored = await sizeOf(sftp, remotePath(spec, name));
    if (stored === bytes) return;
    if (stored !== undefined)
      throw new VaultError(spec.place.name, "lying", { why: `took ${bytes} bytes and has ${stored}` });
    if (waited >= limits.keeperWaitMs)
      throw new VaultError(spec.place.name, "away", {
        why: `has a keeper that took nothing over for ${waited / 1000} s`,
        hint: "see whether the vault's keeper runs there",
      });
    await wait(limits.remoteKeeperPollMs);
  }
}

async function sizeOf(sftp: SftpConnection, path: string): Promise<number | undefined> {
  const found = await missingAs(
    undefined,
    sftp.run<Stats>((client, done) => client.lstat(path, done)),
  );
  return found?.size;
}

/** A server that does not tell how much is free is asked no more. */
async function refuseFullDisk(sftp: SftpConnection): Promise<void> {
  const { spec } = sftp;
  const wanted = spec.freeBytes ?? limits.vaultFreeBytes;
  if (wanted === 0) return;
  const disk = await sftp
    .run<{ f_bavail?: number; f_frsize?: number }>((client, done) =>
      client.ext_openssh_statvfs(remoteIncoming(spec), done),
    )
    .catch((error: unknown) => {
      if (error instanceof VaultError && error.trouble === "away") throw error;
    });
  if (disk?.f_bavail === undefined || disk.f_frsize === undefined) return;
  const free = Number(disk.f_bavail) * Number(disk.f_frsize);
  if (free < wanted)
    throw new VaultError(spec.place.name, "full", {
      why: `has a disk with ${Math.floor(free / 1_048_576)} MiB free, at least ${Math.floor(wanted / 1_048_576)} MiB wanted`,
    });
}

async function* get(
  sftp: SftpConnection,
  name: VaultObjectName,
  { fromByte = 0, toByte = Number.POSITIVE_INFINITY }: { fromByte?: number; toByte?: number },
): AsyncGenerator<Buffer> {
  if (toByte <= fromByte) return;
  const path = remotePath(sftp.spec, name);
  const found = await missingAs(
    undefined,
    sftp.run<Stats>((client, done) => client.lstat(path, done)),
  );
  if (found === undefined)
    throw new ExpectedError("not_found", `vault "${sftp.spec.place.name}" has no object ${name}`);
  // A pipe put there would be waited on for ever, a device never end.
  if (!found.isFile())
    throw new VaultError(sftp.spec.place.name, "lying", { why: `has no plain file as object ${name}` });
  const end = Math.min(toByte, found.size);
  if (fromByte < end)
    yield* reconnecting((start) => readRange(sftp, { path, start, end }), { fromByte, toByte: end });
}

async function* list(sftp: SftpConnection, tenantId?: TenantId): AsyncGenerator<StoredObject> {
  const store = `${sftp.spec.path}/store`;
  const folders =
    tenantId === undefined ? (await entries(sftp, store)).map(({ filename }) => filename) : [tenantId];
  for (const folder of folders) {
    if (folder.includes("/") || folder.startsWith(".")) continue; // a server may name anything
    for (const { filename, attrs } of await entries(sftp, `${store}/${folder}`)) {
      const name = parseVaultName(`${folder}/${filename}`);
      if (name !== undefined && (attrs as Stats).isFile())
        yield { name, bytes: attrs.size, storedAtMs: attrs.mtime * 1_000 };
    }
  }
}

/** What is in a folder; nothing in one that is not there. */
export function entries(sftp: SftpConnection, path: string): Promise<FileEntryWithStats[]> {
  return missingAs<FileEntryWithStats[]>(
    [],
    sftp.run((client, done) => client.readdir(path, done)),
  );
}

async function missingAs<T>(nothing: T, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ExpectedError && error.code === "not_found") return nothing;
    throw error;
  }
}
