import { crc32 } from "node:zlib";
import { assert } from "@holdfast/kernel/assert";

/*
 * A zip whose every byte follows from what goes in: entries are stored, not compressed, all in Zip64 form with a
 * descriptor after the content. So its size is known before its content, and any range of it can be made again.
 * Source: PKWARE APPNOTE 6.3.10.
 */
const localHeaderBytes = 30;
const localExtraBytes = 20;
const descriptorBytes = 24;
const centralHeaderBytes = 46;
const centralExtraBytes = 28;
const endBytes = 56 + 20 + 22;
const version = 45;
/** A descriptor follows; names are UTF-8. */
const flags = 0x0808;
const unknown32 = 0xffff_ffff;

/** What the size of a zip follows from. */
export interface ZipShape {
  readonly entries: number;
  readonly nameBytes: number;
  readonly contentBytes: number;
}

/** The size of the whole zip. Exact as long as it is below 2^53. */
export function zipBytes({ entries, nameBytes, contentBytes }: ZipShape): number {
  const each = localHeaderBytes + localExtraBytes + descriptorBytes + centralHeaderBytes + centralExtraBytes;
  return entries * each + 2 * nameBytes + contentBytes + endBytes;
}

/**
 * Makes the bytes around the contents. Memory: 100 bytes and the name per entry, for the directory at the end.
 *
 * @param modified - stands at every entry; the zip of the same backup is always the same.
 */
export class ZipFrame {
  readonly #time: number;
  readonly #date: number;
  readonly #central: Buffer[] = [];
  #at = 0;
  #open:
    | { readonly name: Buffer; readonly size: number; readonly at: number; crc: number; written: number }
    | undefined;

  constructor(modified: Date) {
    const year = Math.max(1980, modified.getUTCFullYear());
    this.#date = ((year - 1980) << 9) | ((modified.getUTCMonth() + 1) << 5) | modified.getUTCDate();
    this.#time =
      (modified.getUTCHours() << 11) | (modified.getUTCMinutes() << 5) | (modified.getUTCSeconds() >> 1);
  }

  /** @returns what stands before the content of an entry. */
  begin(entryName: string, size: number): Buffer {
    assert(this.#open === undefined, "an entry ends before the next begins");
    const name = Buffer.from(entryName);
    this.#open = { name, size, at: this.#at, crc: 0, written: 0 };
    const header = Buffer.alloc(localHeaderBytes + name.byteLength + localExtraBytes);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(version, 4);
    header.writeUInt16LE(flags, 6);
    header.writeUInt16LE(this.#time, 10);
    header.writeUInt16LE(this.#date, 12);
    header.writeUInt32LE(unknown32, 18);
    header.writeUInt32LE(unknown32, 22);
    header.writeUInt16LE(name.byteLength, 26);
    header.writeUInt16LE(localExtraBytes, 28);
    name.copy(header, localHeaderBytes);
    sizes(header, localHeaderBytes + name.byteLength, [size, size]);
    return this.#counted(header);
  }

  /** Notes one piece of the content of the entry that is open. */
  content(piece: Buffer): Buffer {
    assert(this.#open !== undefined, "content belongs to an entry");
    this.#open.crc = crc32(piece, this.#open.crc);
    this.#open.written += piece.byteLength;
    return this.#counted(piece);
  }

  /** @returns what stands after the content. */
  end(): Buffer {
    const open = this.#open;
    assert(open !== undefined && open.written === open.size, "an entry has the size that was said before it");
    this.#open = undefined;
    const descriptor = Buffer.alloc(descriptorBytes);
    descriptor.writeUInt32LE(0x08074b50, 0);
    descriptor.writeUInt32LE(open.crc, 4);
    descriptor.writeBigUInt64LE(BigInt(open.size), 8);
    descriptor.writeBigUInt64LE(BigInt(open.size), 16);
    this.#central.push(this.#centralEntry(open));
    return this.#counted(descriptor);
  }

  /** @returns the directory and the end, piece by piece. */
  *directory(): Generator<Buffer> {
    const at = this.#at;
    const entries = this.#central.length;
    for (const entry of this.#central) yield this.#counted(entry);
    yield this.#ending({ entries, at, bytes: this.#at - at });
  }

  #centralEntry(open: {
    readonly name: Buffer;
    readonly size: number;
    readonly at: number;
    readonly crc: number;
  }) {
    const entry = Buffer.alloc(centralHeaderBytes + open.name.byteLength + centralExtraBytes);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE((3 << 8) | version, 4); // made on Unix, so that the mode below counts
    entry.writeUInt16LE(version, 6);
    entry.writeUInt16LE(flags, 8);
    entry.writeUInt16LE(this.#time, 12);
    entry.writeUInt16LE(this.#date, 14);
    entry.writeUInt32LE(open.crc, 16);
    entry.writeUInt32LE(unknown32, 20);
    entry.writeUInt32LE(unknown32, 24);
    entry.writeUInt16LE(open.name.byteLength, 28);
    entry.writeUInt16LE(centralExtraBytes, 30);
    entry.writeUInt32LE((0o100600 << 16) >>> 0, 38);
    entry.writeUInt32LE(unknown32, 42);
    open.name.copy(entry, centralHeaderBytes);
    sizes(entry, centralHeaderBytes + open.name.byteLength, [open.size, open.size, open.at]);
    return entry;
  }

  #ending({ entries, at, bytes }: { entries: number; at: number; bytes: number }): Buffer {
    const end = Buffer.alloc(endBytes);
    end.writeUInt32LE(0x06064b50, 0);
    end.writeBigUInt64LE(44n, 4);
    end.writeUInt16LE((3 << 8) | version, 12);
    end.writeUInt16LE(version, 14);
    for (const [offset, value] of [
      [24, entries],
      [32, entries],
      [40, bytes],
      [48, at],
    ] as const)
      end.writeBigUInt64LE(BigInt(value), offset);
    end.writeUInt32LE(0x07064b50, 56);
    end.writeBigUInt64LE(BigInt(at + bytes), 64);
    end.writeUInt32LE(1, 72);
    end.writeUInt32LE(0x06054b50, 76);
    end.writeUInt16LE(0xffff, 84);
    end.writeUInt16LE(0xffff, 86);
    end.writeUInt32LE(unknown32, 88);
    end.writeUInt32LE(unknown32, 92);
    return this.#counted(end);
  }

  #counted(piece: Buffer): Buffer {
    this.#at += piece.byteLength;
    return piece;
  }
}

/** The Zip64 field: sizes, and in the directory the place, as 64 bits. */
function sizes(target: Buffer, at: number, values: readonly number[]): void {
  target.writeUInt16LE(1, at);
  target.writeUInt16LE(values.length * 8, at + 2);
  for (const [n, value] of values.entries()) target.writeBigUInt64LE(BigInt(value), at + 4 + n * 8);
}
