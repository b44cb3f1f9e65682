import { createHash } from "node:crypto";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress } from "node:zlib";
import { systemRandom } from "@holdfast/kernel/random";
import { sealStream } from "@holdfast/kernel/sealed-stream";
import { ahead } from "./ahead.ts";
import type { Manifest } from "./archive.ts";
import { ArchiveWriter } from "./archive-writer.ts";
import { sealHeader } from "./container.ts";
import { type Copy, fanOut } from "./fan-out.ts";
import { gathered } from "./gather.ts";
import { limits } from "./limits.ts";
import type { SignedManifest } from "./manifest.ts";
import { objectName } from "./object-name.ts";
import { openSession } from "./postgres.ts";
import type { JobOptions } from "./progress.ts";
import { withSnapshot } from "./snapshot.ts";
import type { TakeInput } from "./take-input.ts";

/** What takeBackup wrote. `bytes` and `sha256` are those of the whole object, the same in every vault. */
export interface Taken {
  readonly bytes: number;
  readonly sha256: string;
  readonly copies: readonly Copy[];
  readonly manifest: Manifest;
  readonly signed: SignedManifest;
}

/**
 * Takes one backup: one snapshot of the database and its files, streamed to all vaults at once. Memory is constant;
 * nothing plain touches a disk. Writes go on meanwhile; changes of the schema wait.
 *
 * This alone makes no backup *stored*: see verifyCopies. Some copies may have failed; the result says which.
 *
 * @throws ExpectedError when no copy was written, a file is damaged, or something would be left out. Then, and when
 * cancelled, no vault holds anything of it.
 */
export async function takeBackup(input: TakeInput, options: JobOptions = {}): Promise<Taken> {
  const session = await openSession(input.database, options.signal);
  try {
    return await withSnapshot(session, async (snapshot) => {
      const writer = new ArchiveWriter(input, { session, snapshot }, options);
      const object = await storeArchive(input, writer.chunks(), options);
      return { ...object, ...writer.result() };
    });
  } catch (error) {
    options.signal?.throwIfAborted(); // the cut connection's error says less than the reason
    throw error;
  } finally {
    await session.close();
  }
}

const packing = {
  chunkSize: limits.gatherBytes,
  // Each chunk is packed before the next is asked for: the archive's pages are used again.
  writableHighWaterMark: 1,
  params: { [constants.ZSTD_c_compressionLevel]: limits.zstdLevel, [constants.ZSTD_c_checksumFlag]: 1 },
};

/** Packs, seals and stores the bytes of an archive in every vault at once. All or none, as takeBackup. */
export async function storeArchive(
  input: Pick<TakeInput, "tenantId" | "backupId" | "dataKey" | "vaults" | "random">,
  archive: AsyncIterable<Buffer>,
  options: JobOptions,
) {
  const { header, key } = sealHeader(input, input.dataKey, input.random ?? systemRandom);
  const hash = createHash("sha256");
  let bytes = 0;
  const copies = await pipeline(
    ahead(gathered(archive, limits.gatherBytes)),
    createZstdCompress(packing),
    sealStream(key, input.random),
    async function* (sealed: AsyncIterable<Buffer>) {
      yield header;
      yield* sealed;
    },
    (chunks: AsyncIterable<Buffer>) =>
      fanOut(
        counted(gathered(chunks, limits.gatherBytes)),
        input.vaults,
        objectName(input.tenantId, input.backupId),
        options,
      ),
  );
  return { copies, bytes, sha256: hash.digest("hex") };

  async function* counted(chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      bytes += chunk.byteLength;
      hash.update(chunk);
      yield chunk;
    }
  }
}
