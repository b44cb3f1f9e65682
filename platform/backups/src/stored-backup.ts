import { pipeline, Readable, type Transform } from "node:stream";
import { constants, createZstdDecompress } from "node:zlib";
import { ExpectedError } from "@holdfast/kernel/errors";
import { openStream, SealBroken } from "@holdfast/kernel/sealed-stream";
import { refusal } from "./archive.ts";
import { type BackupIdentity, containerHeaderBytes, Damaged, openHeader } from "./container.ts";
import type { DataKeys } from "./data-keys.ts";
import { limits } from "./limits.ts";
import { objectName } from "./object-name.ts";
import type { Vault } from "./vault.ts";
import { VaultError, type VaultTrouble } from "./vault-error.ts";

/** Which backup to read, and the data keys of the customer it was taken of. */
export interface BackupSource extends BackupIdentity, DataKeys {}

/** Why a vault's copy cannot be used. `atByte` says where it is damaged, when the copy could be read at all. */
export interface BadCopy {
  readonly vault: string;
  readonly kind: "damaged" | "missing" | "unreadable";
  readonly atByte?: number;
  readonly reason: string;
  /** Of the vault itself: one that is away says nothing of its copy. */
  readonly trouble?: VaultTrouble;
}

/**
 * Reads, decrypts and authenticates one vault's copy.
 *
 * @param told - called with the number of the data key that the copy is under.
 * @returns the compressed archive. Errors: see {@link badCopy}.
 */
export async function openCopy(
  vault: Vault,
  source: BackupSource,
  tap: (chunk: Buffer) => void = () => undefined,
  told: (generation: number) => void = () => undefined,
): Promise<Transform> {
  const name = objectName(source.tenantId, source.backupId);
  const head: Buffer[] = [];
  for await (const chunk of readable(vault.get(name, { toByte: containerHeaderBytes }))) head.push(chunk);
  const header = Buffer.concat(head);
  tap(header);
  const { key, generation } = openHeader(header, source, source);
  told(generation);
  const body = async function* () {
    for await (const chunk of readable(vault.get(name, { fromByte: containerHeaderBytes }))) {
      tap(chunk);
      yield chunk;
    }
  };
  return joined(
    Readable.from(body(), { objectMode: false }),
    openStream(key, { startByte: containerHeaderBytes }),
  );
}

/** As {@link openCopy}, unpacked: the tar. The unpacked size and the memory for it are bounded. */
export async function* openArchive(vault: Vault, source: BackupSource): AsyncGenerator<Buffer> {
  const unpack = createZstdDecompress({
    chunkSize: limits.gatherBytes,
    params: { [constants.ZSTD_d_windowLogMax]: limits.zstdWindowLog },
  });
  const archive = joined(await openCopy(vault, source), unpack);
  let bytes = 0;
  try {
    for await (const chunk of archive as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > limits.archiveBytes) throw refusal(`it unpacks to more than ${limits.archiveBytes} bytes`);
      yield chunk;
    }
  } catch (error) {
    if (/^(ZSTD_error|ERR_ZSTD|Z_)/.test((error as NodeJS.ErrnoException).code ?? ""))
      throw refusal("it does not unpack", error);
    throw error;
  }
}

/** @returns what is wrong with a vault's copy, or undefined when the error is not about the copy. */
export function badCopy(vault: Vault, error: unknown): BadCopy | undefined {
  const name = vault.place.name;
  if (error instanceof Damaged || error instanceof SealBroken)
    return { vault: name, kind: "damaged", atByte: error.atByte, reason: error.message };
  if (error instanceof NotReadable) {
    const trouble = error.cause instanceof VaultError ? { trouble: error.cause.trouble } : {};
    return { vault: name, kind: error.kind, reason: error.message, ...trouble };
  }
  return undefined;
}

/** The vault, not the target or the archive, failed: told apart by where the error was caught, not by its code. */
class NotReadable extends Error {
  readonly kind: "missing" | "unreadable";

  constructor(cause: unknown) {
    const missing = cause instanceof ExpectedError && cause.code === "not_found";
    const code = (cause as NodeJS.ErrnoException).code ?? "an unknown error";
    super(cause instanceof ExpectedError ? cause.message : `reading fails with ${code}`, { cause });
    this.kind = missing ? "missing" : "unreadable";
  }
}

async function* readable(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const source = chunks[Symbol.asyncIterator]();
  try {
    while (true) {
      const next = await source.next().catch((cause: unknown) => Promise.reject(new NotReadable(cause)));
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await source.return?.();
  }
}

/** A pipe in which an error, or an early stop, of either side ends both. */
function joined(from: Readable, to: Transform): Transform {
  return pipeline(from, to, () => undefined) as Transform;
}
