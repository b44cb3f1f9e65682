import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import type { Transform } from "node:stream";
import { assert } from "./assert.ts";
import { Pieces } from "./pieces.ts";
import { type Random, systemRandom } from "./random.ts";

/**
 * A sealed stream: a header of 40 bytes (8 magic, 32 salt), then pieces of 64 KiB, each encrypted and
 * authenticated by itself, so that a stream of any size is sealed and opened with constant memory.
 *
 * Each piece's nonce is its number (11 bytes, big-endian) and one byte that says whether it is the last: a piece
 * that is missing, moved, repeated, cut off or added fails like a changed one. The key of the pieces is
 * derived from the given key and the random salt, so nonces never repeat under one key.
 *
 * Source: STREAM of Hoang, Reyhanitabar, Rogaway and Vizár (CRYPTO 2015); NIST SP 800-38D; RFC 5869.
 * Specified for strangers in docs/backup-format.md; changing a constant here needs a new magic.
 */
const magic = Buffer.from("HFSEAL\x00\x01", "latin1");
const saltBytes = 32;
const tagBytes = 16;
const nonceBytes = 12;
const lastFlagAt = 11;
const purposePattern = /^[a-z][a-z0-9.-]{2,62}$/;
const pieceInfo = "holdfast/sealed-stream.v1";

/** Bytes of every key: AES-256. */
export const keyBytes = 32;
/** What the content of a customer's file store is sealed under. */
export const fileKeyPurpose = "files.v1";
export const sealedHeaderBytes = magic.byteLength + saltBytes;
/** Plain bytes in every piece but the last. */
export const pieceBytes = 65_536;
/** 256 TiB; a longer stream is refused, far below what one AES-GCM key may seal. */
export const maxPieces = 2 ** 32;

/** The stream is not what was sealed under this key: changed, cut, extended, or another key's. */
export class SealBroken extends Error {
  override readonly name = "SealBroken";
  /** Offset of the broken piece in the sealed bytes: the damage lies in the 65,592 bytes from here. */
  readonly atByte: number;

  constructor(atByte: number, reason: string) {
    super(`${reason} at byte ${atByte}`);
    this.atByte = atByte;
  }
}

/**
 * A key for one purpose, made from a customer's data key: what is sealed for one use never opens for another,
 * and the data key itself encrypts nothing.
 *
 * @param dataKey - 32 bytes.
 * @param purpose - a short lower-case label with its version: "files.v1". Never changed once data exists.
 * Source: RFC 5869 (HKDF-SHA-256, empty salt); claim ENC-5.
 */
export function deriveKey(dataKey: Uint8Array, purpose: string): Uint8Array {
  assert(dataKey.byteLength === keyBytes, "a data key has 32 bytes");
  assert(purposePattern.test(purpose), "a key's purpose is a short lower-case label");
  return new Uint8Array(hkdfSync("sha256", dataKey, new Uint8Array(0), `holdfast/${purpose}`, keyBytes));
}

/** @returns how many bytes a sealed stream of this many plain bytes has. */
export function sealedLength(plainBytes: number): number {
  const pieces = Math.max(1, Math.ceil(plainBytes / pieceBytes));
  return sealedHeaderBytes + plainBytes + pieces * tagBytes;
}

/** Encrypts what passes. Memory: two pieces. @param key - 32 bytes, from deriveKey, or random for one stream. */
export function sealStream(key: Uint8Array, random: Random = systemRandom): Transform {
  return new Sealing(key, random.bytes(saltBytes));
}

/**
 * Decrypts what passes; hands on only authenticated bytes. Memory: two pieces.
 *
 * The *end* is authenticated only when the stream ends without an error: what came out before is genuine but may be
 * a part, so act on it only after the end (write aside and rename, or roll back).
 *
 * @param options.startByte - added to the offset in {@link SealBroken}, for a stream inside a larger object.
 * @param key - or several: whichever opens the first piece opens all. For what may lie under an older key.
 * @throws {@link SealBroken} as the stream's error.
 */
export function openStream(
  key: Uint8Array | readonly Uint8Array[],
  options: { readonly startByte?: number } = {},
): Transform {
  return new Opening(key instanceof Uint8Array ? [key] : key, options.startByte ?? 0);
}

/** Bytes at the beginning of a sealed stream that {@link sealedUnder} needs: all of a shorter one. */
export const sealedBeginningBytes: number = sealedHeaderBytes + pieceBytes + tagBytes;

/**
 * Which of the keys a sealed stream was made under, by its first piece.
 *
 * @param beginning - its first {@link sealedBeginningBytes}, or all of it.
 * @returns the key's place in the list, -1 when none opens it: damaged, or another's.
 */
export function sealedUnder(beginning: Buffer, keys: readonly Uint8Array[]): number {
  if (!beginning.subarray(0, magic.byteLength).equals(magic)) return -1;
  const salt = beginning.subarray(magic.byteLength, sealedHeaderBytes);
  const piece = beginning.subarray(sealedHeaderBytes, sealedBeginningBytes);
  if (piece.byteLength < tagBytes) return -1;
  return keys.findIndex((key) =>
    // A stream that ends exactly with its first piece is as long as one that goes on.
    [true, false].some((last) => opened(pieceKey(key, salt), nonceOf(0, last), piece) !== undefined),
  );
}

class Sealing extends Pieces {
  readonly #key: Uint8Array;
  #pieces = 0;

  constructor(key: Uint8Array, salt: Uint8Array) {
    super(pieceBytes);
    this.#key = pieceKey(key, salt);
    this.push(Buffer.concat([magic, salt]));
  }

  protected override header(bytes: Buffer): Buffer {
    return bytes;
  }

  protected override piece(bytes: Buffer, last: boolean): void {
    assert(this.#pieces < maxPieces, "a sealed stream has at most 2^32 pieces");
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonceOf(this.#pieces, last));
    this.#pieces += 1;
    const sealed = cipher.update(bytes);
    cipher.final();
    this.push(Buffer.concat([sealed, cipher.getAuthTag()]));
  }
}

class Opening extends Pieces {
  readonly #streamKeys: readonly Uint8Array[];
  readonly #startByte: number;
  /** Of the pieces: one for each key that was given, until the first piece tells which. */
  #keys: readonly Uint8Array[] = [];
  #head = Buffer.alloc(0);
  #pieces = 0;

  constructor(streamKeys: readonly Uint8Array[], startByte: number) {
    super(pieceBytes + tagBytes);
    for (const key of streamKeys) assert(key.byteLength === keyBytes, "a stream's key has 32 bytes");
    assert(streamKeys.length > 0, "a stream is opened with a key");
    this.#streamKeys = streamKeys;
    this.#startByte = startByte;
  }

  protected override header(bytes: Buffer): Buffer {
    if (this.#keys.length > 0) return bytes;
    this.#head = Buffer.concat([this.#head, bytes]);
    if (this.#head.byteLength < sealedHeaderBytes) return Buffer.alloc(0);
    if (!this.#head.subarray(0, magic.byteLength).equals(magic))
      throw new SealBroken(this.#startByte, "not a sealed stream of version 1");
    const salt = this.#head.subarray(magic.byteLength, sealedHeaderBytes);
    this.#keys = this.#streamKeys.map((key) => pieceKey(key, salt));
    return this.#head.subarray(sealedHeaderBytes);
  }

  protected override piece(bytes: Buffer, last: boolean): void {
    // A changed salt shows as a first piece that does not open, so that piece's place includes the header.
    const before = this.#pieces === 0 ? 0 : sealedHeaderBytes + this.#pieces * (pieceBytes + tagBytes);
    const atByte = this.#startByte + before;
    if (this.#keys.length === 0) throw new SealBroken(this.#startByte, "the header is cut off");
    if (this.#pieces >= maxPieces) throw new SealBroken(atByte, "too many pieces");
    if (bytes.byteLength < tagBytes) throw new SealBroken(atByte, "the last piece is cut off");
    if (bytes.byteLength === tagBytes && this.#pieces > 0)
      throw new SealBroken(atByte, "the last piece is empty");
    const plain = this.#opened(bytes, last);
    if (plain === undefined)
      throw new SealBroken(atByte, last ? "the last piece is damaged or cut" : "a piece is damaged");
    this.#pieces += 1;
    this.push(plain);
  }

  #opened(bytes: Buffer, last: boolean): Buffer | undefined {
    for (const key of this.#keys) {
      const plain = opened(key, nonceOf(this.#pieces, last), bytes);
      if (plain === undefined) continue;
      this.#keys = [key];
      return plain;
    }
    return undefined;
  }
}

function opened(key: Uint8Array, nonce: Buffer, sealed: Buffer): Buffer | undefined {
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
  decipher.setAuthTag(sealed.subarray(sealed.byteLength - tagBytes));
  const plain = decipher.update(sealed.subarray(0, sealed.byteLength - tagBytes));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return plain;
}

function pieceKey(key: Uint8Array, salt: Uint8Array): Uint8Array {
  assert(key.byteLength === keyBytes, "a stream's key has 32 bytes");
  return new Uint8Array(hkdfSync("sha256", key, salt, pieceInfo, keyBytes));
}

function nonceOf(piece: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(nonceBytes);
  nonce.writeUIntBE(piece, lastFlagAt - 6, 6);
  nonce[lastFlagAt] = last ? 1 : 0;
  return nonce;
}
