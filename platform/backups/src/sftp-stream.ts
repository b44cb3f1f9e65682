import { ExpectedError } from "@holdfast/kernel/errors";
import { limits } from "./limits.ts";
import type { SftpConnection } from "./sftp-connection.ts";
import { sftpCode } from "./sftp-connection.ts";
import { VaultError } from "./vault-error.ts";

/** A file to be written on the server. */
export interface RemoteWrite {
  readonly path: string;
  readonly content: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal | undefined;
  /** So many bytes are there from an earlier try and are not sent again; undefined: the file is new. */
  readonly keep: number | undefined;
  /** Looks whether there is room; called before and while writing. */
  readonly guard: () => Promise<void>;
}

/**
 * Writes with many requests on the way at once, as a line with some delay needs it; flushes and closes.
 *
 * @returns the file's size. Memory: the requests on the way, 2 MiB.
 */
export async function writeFrom(
  sftp: SftpConnection,
  { path, content, signal, keep: kept, guard }: RemoteWrite,
): Promise<number> {
  const keep = kept ?? 0;
  await guard();
  const handle = await sftp.run<Buffer>((client, done) =>
    // Readable by the keeper's group, which takes it over.
    client.open(path, keep > 0 ? "r+" : kept === undefined ? "wx" : "w", { mode: 0o640 }, done),
  );
  const onWay = new Set<Promise<unknown>>();
  let [at, checkAt, failure]: [number, number, unknown] = [0, limits.vaultFreeEveryBytes, undefined];
  try {
    for await (const chunk of content) {
      for (const { position, bytes } of requests(chunk, at, keep)) {
        signal?.throwIfAborted();
        if (failure !== undefined) throw failure;
        const sent = sftp
          .run((client, done) => client.write(handle, bytes as Buffer, 0, bytes.byteLength, position, done))
          .catch((error: unknown) => (failure ??= error))
          .finally(() => onWay.delete(sent));
        onWay.add(sent);
        if (onWay.size >= limits.sftpRequests) await Promise.race(onWay);
      }
      at += chunk.byteLength;
      if (at > limits.objectBytes)
        throw new ExpectedError("too_large", "a backup is larger than a vault object may be");
      if (at < checkAt) continue;
      checkAt += limits.vaultFreeEveryBytes;
      await guard();
    }
    await Promise.all(onWay);
    if (failure !== undefined) throw await explained(failure, guard);
    signal?.throwIfAborted();
    await flush(sftp, handle);
    return at;
  } finally {
    await Promise.all(onWay);
    await sftp.run((client, done) => client.close(handle, done)).catch(() => undefined);
  }
}

/** Cuts a chunk into requests that any server takes; what is kept of it is left out. */
function* requests(
  chunk: Uint8Array,
  at: number,
  keep: number,
): Generator<{ readonly position: number; readonly bytes: Uint8Array }> {
  for (let from = Math.max(0, keep - at); from < chunk.byteLength; from += limits.sftpRequestBytes)
    yield { position: at + from, bytes: chunk.subarray(from, from + limits.sftpRequestBytes) };
}

/** SFTP has no word for a full disk: a write that just fails is looked into. */
async function explained(failure: unknown, guard: () => Promise<void>): Promise<unknown> {
  if (failure instanceof VaultError && failure.trouble === "lying") await guard();
  return failure;
}

/** A server without this extension flushes when it likes; reading back is what counts then. */
async function flush(sftp: SftpConnection, handle: Buffer): Promise<void> {
  try {
    await sftp.run((client, done) => client.ext_openssh_fsync(handle, (error) => done(error)));
  } catch (error) {
    const isUnknown =
      error instanceof Error &&
      /not supported/i.test(String((error.cause as Error)?.message ?? error.message));
    if (!isUnknown) throw error;
  }
}

/** Reads `start` to before `end` in order, with many requests on the way at once. Ends early where the file does. */
export async function* readRange(
  sftp: SftpConnection,
  { path, start, end }: { readonly path: string; readonly start: number; readonly end: number },
): AsyncGenerator<Buffer> {
  const handle = await sftp.run<Buffer>((client, done) => client.open(path, "r", done));
  const onWay: Promise<Buffer>[] = [];
  try {
    let next = start;
    while (next < end || onWay.length > 0) {
      while (next < end && onWay.length < limits.sftpRequests) {
        const length = Math.min(limits.sftpRequestBytes, end - next);
        const piece = readPiece(sftp, { handle, position: next, length });
        piece.catch(() => undefined); // told when its turn comes
        onWay.push(piece);
        next += length;
      }
      const piece = await onWay.shift();
      if (piece === undefined || piece.byteLength === 0) return;
      yield piece;
    }
  } finally {
    await Promise.allSettled(onWay);
    await sftp.run((client, done) => client.close(handle, done)).catch(() => undefined);
  }
}

/** A server may answer with less than was asked for: asks on. Shorter than `length` only at the end of the file. */
async function readPiece(
  sftp: SftpConnection,
  {
    handle,
    position,
    length,
  }: { readonly handle: Buffer; readonly position: number; readonly length: number },
): Promise<Buffer> {
  const piece = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const got = await sftp.run<number>((client, done) =>
      client.read(handle, piece, filled, length - filled, position + filled, (error, bytes) =>
        (error as { code?: number } | undefined)?.code === sftpCode.endOfFile
          ? done(null, 0)
          : done(error, bytes),
      ),
    );
    if (got === 0) break;
    filled += got;
  }
  return piece.subarray(0, filled);
}
