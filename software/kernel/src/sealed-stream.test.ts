import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import {
  deriveKey,
  openStream,
  pieceBytes,
  SealBroken,
  sealedHeaderBytes,
  sealedLength,
  sealStream,
} from "./sealed-stream.ts";

const key = randomBytes(32);
const sealedPiece = pieceBytes + 16;

const seal = (plain: Buffer, chunkBytes = 10_000) => through(plain, chunkBytes, sealStream(key));
const open = (sealed: Buffer, withKey: Uint8Array = key) => through(sealed, 7_777, openStream(withKey));

async function through(
  bytes: Buffer,
  chunkBytes: number,
  transform: ReturnType<typeof sealStream>,
): Promise<Buffer> {
  const chunks = [];
  for (let at = 0; at < bytes.byteLength; at += chunkBytes) chunks.push(bytes.subarray(at, at + chunkBytes));
  const source = Readable.from(chunks);
  source.on("error", () => undefined);
  return buffer(source.pipe(transform));
}

async function brokenAt(sealed: Buffer, withKey: Uint8Array = key): Promise<number> {
  const error = await open(sealed, withKey).then(
    () => assert.fail("opened what was not sealed"),
    (reason) => reason,
  );
  assert.ok(error instanceof SealBroken, String(error));
  return error.atByte;
}

test("what is sealed opens again, at every size around a piece's border", async () => {
  for (const bytes of [
    0,
    1,
    pieceBytes - 1,
    pieceBytes,
    pieceBytes + 1,
    2 * pieceBytes,
    3 * pieceBytes + 5,
  ]) {
    const plain = randomBytes(bytes);
    const sealed = await seal(plain);
    assert.equal(sealed.byteLength, sealedLength(bytes));
    assert.ok((await open(sealed)).equals(plain), `${bytes} bytes`);
  }
});

test("a flipped bit is noticed wherever it is, and the place is named", async () => {
  const sealed = await seal(randomBytes(2 * pieceBytes + 100));
  for (let round = 0; round < 60; round++) {
    const at = Math.floor(Math.random() * sealed.byteLength);
    const broken = Buffer.from(sealed);
    broken[at] = (broken[at] ?? 0) ^ (1 << (round % 8));
    const named = await brokenAt(broken);
    assert.ok(named <= at && at - named < sealedPiece + sealedHeaderBytes, `flip at ${at}, named ${named}`);
  }
});

test("a cut stream is noticed, also when cut exactly between two pieces", async () => {
  const sealed = await seal(randomBytes(2 * pieceBytes + 100));
  for (const length of [0, 1, 39, 40, 41, 56, 40 + sealedPiece, 40 + 2 * sealedPiece, sealed.byteLength - 1])
    await brokenAt(sealed.subarray(0, length));
});

test("pieces that are swapped, repeated, left out or added are noticed", async () => {
  const sealed = await seal(randomBytes(3 * pieceBytes));
  const head = sealed.subarray(0, sealedHeaderBytes);
  const pieces = [0, 1, 2].map((n) =>
    sealed.subarray(sealedHeaderBytes + n * sealedPiece, sealedHeaderBytes + (n + 1) * sealedPiece),
  );
  const orders = [
    [1, 0, 2],
    [0, 0, 1, 2],
    [0, 2],
    [1, 2],
    [0, 1, 2, 2],
    [0, 1],
  ];
  for (const order of orders) await brokenAt(Buffer.concat([head, ...order.map((n) => pieces[n] ?? head)]));
  await brokenAt(Buffer.concat([sealed, Buffer.from("x")]));
});

test("a piece of another stream under the same key is noticed", async () => {
  const [one, other] = [await seal(randomBytes(pieceBytes * 2)), await seal(randomBytes(pieceBytes * 2))];
  const mixed = Buffer.concat([
    one.subarray(0, sealedHeaderBytes + sealedPiece),
    other.subarray(sealedHeaderBytes + sealedPiece),
  ]);
  assert.equal(await brokenAt(mixed), sealedHeaderBytes + sealedPiece);
});

test("another key does not open it, nor the same data key for another purpose", async () => {
  const files = deriveKey(key, "files.v1");
  const sealed = await through(Buffer.from("secret"), 100, sealStream(files));
  assert.equal(await brokenAt(sealed, key), 0);
  assert.equal(await brokenAt(sealed, deriveKey(key, "backups.v1")), 0);
  assert.equal((await open(sealed, files)).toString(), "secret");
});

test("two seals of the same content share no piece", async () => {
  const plain = Buffer.alloc(pieceBytes * 2, 7);
  const [one, other] = [await seal(plain), await seal(plain)];
  assert.notDeepEqual(one.subarray(40, 60), other.subarray(40, 60));
  assert.notDeepEqual(one.subarray(40, 60), one.subarray(40 + sealedPiece, 60 + sealedPiece));
});
