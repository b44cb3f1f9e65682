import { ExpectedError } from "@holdfast/kernel/errors";
import { ByteSource } from "./byte-source.ts";

const blockBytes = 512;
const sizeAt = 124;
const sizeDigits = 11;
const checksumAt = 148;
const typeAt = 156;
const magicAt = 257;
const prefixAt = 345;
const nameBytes = 100;

/** One file of an archive. `body` must be read to its end before the next entry is asked for. */
export interface TarEntry {
  readonly name: string;
  readonly size: number;
  readonly body: AsyncIterable<Buffer>;
}

/** The 512 bytes before a file's content. @param name - ASCII, at most 100 bytes. Source: POSIX.1-1988 ustar. */
export function tarHeader(name: string, size: number, modifiedSeconds: number): Buffer {
  const block = Buffer.alloc(blockBytes);
  block.write(name, 0, nameBytes, "ascii");
  block.write("0000600\x000000000\x000000000\x00", 100, "ascii");
  block.write(`${octal(size)} ${octal(modifiedSeconds)} `, sizeAt, "ascii");
  block.write("0", typeAt, "ascii");
  block.write("ustar\x0000", magicAt, "ascii");
  block.write(`${checksum(block).toString(8).padStart(6, "0")}\x00 `, checksumAt, "ascii");
  return block;
}

/** The zeros after a content of this size, up to the next whole block. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((blockBytes - (size % blockBytes)) % blockBytes);
}

/** The two empty blocks that end an archive. */
export const tarEnd: Buffer = Buffer.alloc(2 * blockBytes);

/**
 * Reads an archive that may be hostile: plain files in ustar form only. Links, folders, devices, long-name
 * extensions, prefixes, and bytes after the end are refused, so that nothing but a short name ever reaches the
 * caller, which must still check it.
 *
 * Constant memory: one chunk of the source.
 */
export async function* readTar(source: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const bytes = new ByteSource(source, refused);
  while (true) {
    const block = await bytes.exactly(blockBytes);
    if (block.every((byte) => byte === 0)) return await readEnd(bytes);
    const { name, size } = parsedHeader(block);
    let read = 0;
    yield {
      name,
      size,
      body: (async function* () {
        for await (const chunk of bytes.upTo(size)) {
          read += chunk.byteLength;
          yield chunk;
        }
      })(),
    };
    if (read !== size) throw refused(`the content of "${name}" was not read to its end`);
    await bytes.exactly(tarPadding(size).byteLength);
  }
}

async function readEnd(bytes: ByteSource): Promise<void> {
  const second = await bytes.exactly(blockBytes);
  if (second.some((byte) => byte !== 0) || !(await bytes.ended()))
    throw refused("there are bytes after its end");
}

function parsedHeader(block: Buffer): { name: string; size: number } {
  if (block.toString("latin1", magicAt, magicAt + 8) !== "ustar\x0000")
    throw refused("an entry is not in ustar form");
  const stated = Number.parseInt(block.toString("latin1", checksumAt, checksumAt + 6), 8);
  if (stated !== checksum(block)) throw refused("an entry's header has a wrong checksum");
  const name = block.toString("latin1", 0, nameBytes).replace(/\0+$/, "");
  if (block[typeAt] !== 0x30) throw refused(`the entry ${JSON.stringify(name)} is not a plain file`);
  if (block[prefixAt] !== 0) throw refused(`the entry ${JSON.stringify(name)} has a prefix`);
  const size = block.toString("latin1", sizeAt, sizeAt + sizeDigits);
  if (!/^[0-7]{11}$/.test(size)) throw refused(`the entry ${JSON.stringify(name)} states no size`);
  return { name, size: Number.parseInt(size, 8) };
}

function checksum(block: Buffer): number {
  let sum = 8 * 0x20; // the checksum's own field counts as spaces
  for (let at = 0; at < blockBytes; at++) if (at < checksumAt || at >= typeAt) sum += block[at] ?? 0;
  return sum;
}

const octal = (value: number) => value.toString(8).padStart(sizeDigits, "0");
const refused = (why: string) => new ExpectedError("invalid", `the archive is refused: ${why}`);
