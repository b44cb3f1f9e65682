import { createHash } from "node:crypto";

/** Of nothing yet. */
export const emptyDigest: Buffer = Buffer.alloc(32);

/** SHA-256 of the digest so far and the block's own SHA-256: whoever has the file works it out block by block. */
export function nextDigest(soFar: Buffer, block: Uint8Array): Buffer {
  const own = createHash("sha256").update(block).digest();
  return createHash("sha256").update(soFar).update(own).digest();
}
