import { Readable } from "node:stream";
import { crc32, createInflateRaw } from "node:zlib";
import { ByteSource } from "../byte-source.ts";
import { importRefusal } from "./refusal.ts";

/** One entry. `body` must be read to its end before the next is asked for. */
export interface ZipEntry {
  readonly name: string;
  readonly size: number;
  readonly body: AsyncIterable<Buffer>;
}

/** What an import bounds; a test reaches each. */
export interface ZipLimits {
  readonly entries: number;
  readonly entryBytes: number;
  /** Unpacked bytes of all entries together. */
  readonly bytes: number;
  /** Unpacked over packed: beyond, it is a bomb. COPY text of real databases packs to a tenth to a thirtieth. */
  readonly ratio: number;
}

const nameBytes = 200;
const extraBytes = 1_024;
const [local, central, end64, locator64, end] = [0x04034b50, 0x02014b50, 0x06064b50, 0x07064b50, 0x06054b50];
const descriptor = 0x08074b50;
/** A descriptor follows, and UTF-8 names: all else (encryption, patches) is refused. */
const allowedFlags = 0x0808 | 0x0006;

interface Header {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly isZip64: boolean;
}

interface Seen {
  readonly at: number;
  readonly name: string;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
}

/**
 * Reads a zip that may be hostile, once, from its beginning, without a second look: every entry states its sizes
 * before its content; nothing stands between entries; the directory at the end says the same as the entries did, in
 * their order, and nothing follows it. So no two readers see different things in it.
 *
 * Memory: a chunk, and 150 bytes per entry.
 *
 * @throws ExpectedError `invalid` naming the first thing that is wrong.
 */
export async function* readZip(source: AsyncIterable<Buffer>, limits: ZipLimits): AsyncGenerator<ZipEntry> {
  const bytes = new ByteSource(source, importRefusal);
  const seen: Seen[] = [];
  let total = 0;
  while (true) {
    const at = bytes.at;
    const signature = (await bytes.exactly(4)).readUInt32LE(0);
    if (signature !== local) return await readDirectory(bytes, { seen, at, signature });
    if (seen.length >= limits.entries) throw importRefusal(`it has more than ${limits.entries} entries`);
    const header = await readHeader(bytes);
    total += header.size;
    if (header.size > limits.entryBytes || total > limits.bytes)
      throw importRefusal(`it unpacks to more than is allowed (at ${JSON.stringify(header.name)})`);
    if (header.size > Math.max(header.packed, 1_024) * limits.ratio)
      throw importRefusal(
        `${JSON.stringify(header.name)} unpacks to more than ${limits.ratio} times its size`,
      );
    const counted = { bytes: 0, crc: 0 };
    yield { name: header.name, size: header.size, body: checked(contentOf(bytes, header), header, counted) };
    if (counted.bytes !== header.size)
      throw importRefusal(`the content of ${JSON.stringify(header.name)} was not read to its end`);
    const crc = await readDescriptor(bytes, header);
    if (crc !== counted.crc)
      throw importRefusal(`${JSON.stringify(header.name)} is damaged: its checksum is another`);
    seen.push({ at, name: header.name, crc, packed: header.packed, size: header.size });
  }
}

async function readHeader(bytes: ByteSource): Promise<Header> {
  const fixed = await bytes.exactly(26);
  const flags = fixed.readUInt16LE(2);
  const name = asciiName(await bytes.exactly(atMost(fixed.readUInt16LE(22), nameBytes, "a name")));
  const extra = zip64Of(await bytes.exactly(atMost(fixed.readUInt16LE(24), extraBytes, "an extra field")));
  if ((flags & ~allowedFlags) !== 0)
    throw importRefusal(`${JSON.stringify(name)} is encrypted or of a form that is not read`);
  const method = fixed.readUInt16LE(4);
  if (method !== 0 && method !== 8)
    throw importRefusal(`${JSON.stringify(name)} is packed by method ${method}`);
  const isWide = (value: number) => (value === 0xffff_ffff ? extra.shift() : undefined);
  const [size32, packed32] = [fixed.readUInt32LE(18), fixed.readUInt32LE(14)];
  const size = wide(size32, isWide(size32));
  const packed = wide(packed32, isWide(packed32));
  const isStreamed = (flags & 8) !== 0;
  if (isStreamed && size === 0 && packed === 0 && fixed.readUInt32LE(18) === 0)
    throw importRefusal(`${JSON.stringify(name)} does not say its size before its content`, {
      hint: "zip it into a file, not into a pipe",
    });
  if (method === 0 && packed !== size) throw importRefusal(`${JSON.stringify(name)} states two sizes`);
  const isZip64 = fixed.readUInt32LE(18) === 0xffff_ffff || fixed.readUInt32LE(14) === 0xffff_ffff;
  return { name, flags, method, crc: fixed.readUInt32LE(10), packed, size, isZip64 };
}

async function* contentOf(bytes: ByteSource, header: Header): AsyncGenerator<Buffer> {
  if (header.method === 0) return yield* bytes.upTo(header.packed);
  const unpack = Readable.from(bytes.upTo(header.packed), { objectMode: false }).pipe(createInflateRaw());
  try {
    for await (const chunk of unpack as AsyncIterable<Buffer>) yield chunk;
  } catch (cause) {
    throw importRefusal(`${JSON.stringify(header.name)} does not unpack`, { cause });
  } finally {
    unpack.destroy();
  }
}

async function* checked(
  content: AsyncIterable<Buffer>,
  { name, size }: Header,
  counted: { bytes: number; crc: number },
): AsyncGenerator<Buffer> {
  for await (const chunk of content) {
    counted.bytes += chunk.byteLength;
    if (counted.bytes > size) throw importRefusal(`${JSON.stringify(name)} is longer than it says`);
    counted.crc = crc32(chunk, counted.crc);
    yield chunk;
  }
  if (counted.bytes !== size) throw importRefusal(`${JSON.stringify(name)} is shorter than it says`);
}

async function readDescriptor(bytes: ByteSource, header: Header): Promise<number> {
  if ((header.flags & 8) === 0) return header.crc;
  const form = await bytes.exactly(header.isZip64 ? 24 : 16);
  const sizes = header.isZip64
    ? [Number(form.readBigUInt64LE(8)), Number(form.readBigUInt64LE(16))]
    : [form.readUInt32LE(8), form.readUInt32LE(12)];
  if (form.readUInt32LE(0) !== descriptor || sizes[0] !== header.packed || sizes[1] !== header.size)
    throw importRefusal(`${JSON.stringify(header.name)} says another size after its content than before`);
  return form.readUInt32LE(4);
}

async function readDirectory(
  bytes: ByteSource,
  { seen, at, signature }: { seen: readonly Seen[]; at: number; signature: number },
): Promise<void> {
  let next = signature;
  for (const entry of seen) {
    if (next !== central) throw importRefusal("its directory does not name all its entries");
    refuseOther(await readCentral(bytes), entry);
    next = (await bytes.exactly(4)).readUInt32LE(0);
  }
  const length = bytes.at - 4 - at;
  if (next === end64) {
    const form = await bytes.exactly(52);
    const said = [24, 32, 40, 48].map((offset) => Number(form.readBigUInt64LE(offset - 4)));
    if (form.readBigUInt64LE(0) !== 44n || said.join() !== [seen.length, seen.length, length, at].join())
      throw importRefusal("its end says something else than its directory");
    if ((await bytes.exactly(4)).readUInt32LE(0) !== locator64)
      throw importRefusal("its end is not in order");
    if (Number((await bytes.exactly(16)).readBigUInt64LE(4)) !== at + length)
      throw importRefusal("its end is not where it says");
    next = (await bytes.exactly(4)).readUInt32LE(0);
  }
  if (next !== end) throw importRefusal("something stands where its end belongs");
  const form = await bytes.exactly(18);
  const counts = [form.readUInt16LE(4), form.readUInt16LE(6)];
  if (counts.some((count) => count !== 0xffff && count !== seen.length))
    throw importRefusal("its end counts other entries than there are");
  if (form.readUInt16LE(16) !== 0 || !(await bytes.ended()))
    throw importRefusal("there are bytes after its end");
}

interface Central extends Seen {
  readonly mode: number;
}

async function readCentral(bytes: ByteSource): Promise<Central> {
  const fixed = await bytes.exactly(42);
  const name = asciiName(await bytes.exactly(atMost(fixed.readUInt16LE(24), nameBytes, "a name")));
  const extra = zip64Of(await bytes.exactly(atMost(fixed.readUInt16LE(26), extraBytes, "an extra field")));
  if (fixed.readUInt16LE(28) !== 0) throw importRefusal(`${JSON.stringify(name)} has a comment`);
  const isWide = (value: number) => (value === 0xffff_ffff ? extra.shift() : undefined);
  const [packed32, size32, at32] = [fixed.readUInt32LE(16), fixed.readUInt32LE(20), fixed.readUInt32LE(38)];
  const size = wide(size32, isWide(size32));
  const packed = wide(packed32, isWide(packed32));
  const at = wide(at32, isWide(at32));
  const isUnix = fixed.readUInt16LE(0) >> 8 === 3;
  return {
    name,
    size,
    packed,
    at,
    crc: fixed.readUInt32LE(12),
    mode: isUnix ? fixed.readUInt32LE(34) >>> 16 : 0,
  };
}

const fileType = 0o170000;
const plainFile = 0o100000;
const folder = 0o040000;

function refuseOther(said: Central, seen: Seen): void {
  const isSame =
    said.name === seen.name &&
    said.size === seen.size &&
    said.packed === seen.packed &&
    said.crc === seen.crc &&
    said.at === seen.at;
  if (!isSame) throw importRefusal(`its directory says something else of ${JSON.stringify(seen.name)}`);
  const type = said.mode & fileType;
  if (type !== 0 && type !== plainFile && type !== folder)
    throw importRefusal(`${JSON.stringify(seen.name)} is no plain file`);
}

/** The values of the Zip64 field, in order; none without it. */
function zip64Of(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.byteLength; ) {
    const [id, length] = [extra.readUInt16LE(at), extra.readUInt16LE(at + 2)];
    if (at + 4 + length > extra.byteLength) break;
    if (id === 1)
      return Array.from({ length: length >> 3 }, (_, n) => Number(extra.readBigUInt64LE(at + 4 + n * 8)));
    at += 4 + length;
  }
  return [];
}

function wide(value: number, wider: number | undefined): number {
  if (value !== 0xffff_ffff) return value;
  if (wider === undefined || !Number.isSafeInteger(wider)) throw importRefusal("an entry states no size");
  return wider;
}

function asciiName(bytes: Buffer): string {
  const name = bytes.toString("latin1");
  if (!/^[\x20-\x7e]+$/.test(name)) throw importRefusal("an entry has a name that is not plain text");
  return name;
}

function atMost(length: number, most: number, what: string): number {
  if (length > most) throw importRefusal(`${what} is longer than ${most} bytes`);
  return length;
}
