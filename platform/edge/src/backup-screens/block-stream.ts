/**
 * Cuts a body into blocks as they become full, so that what came before a line broke is kept.
 *
 * @param restBytes - of the whole that are still to come: with them ends a last, shorter block. A shorter piece at
 *   another place is thrown away; its sender learns how far it is.
 */
export async function* blocksOf(
  body: AsyncIterable<Buffer>,
  { blockBytes, restBytes }: { readonly blockBytes: number; readonly restBytes: number },
): AsyncGenerator<Buffer> {
  let left = restBytes;
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const piece of body) {
    // More than was announced: nothing of it is held.
    if (left <= 0) continue;
    held.push(piece);
    heldBytes += piece.byteLength;
    while (left > 0 && heldBytes >= Math.min(blockBytes, left)) {
      const all = Buffer.concat(held);
      const block = all.subarray(0, Math.min(blockBytes, left));
      const rest = all.subarray(block.byteLength);
      held = rest.byteLength > 0 ? [rest] : [];
      heldBytes = rest.byteLength;
      left -= block.byteLength;
      yield block;
    }
  }
}
