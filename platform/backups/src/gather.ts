/**
 * Joins small chunks until there are `bytes` of them; a larger chunk passes as it is. Order and content stay.
 * For what costs by the chunk: a thread's turn, a write to a disk.
 *
 * A small chunk is copied when it comes, and a large one is let go before the next is asked for: so the source may
 * use the memory of a chunk again as soon as it is asked for another. Memory: `bytes` and one chunk.
 */
export async function* gathered(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  bytes: number,
): AsyncGenerator<Buffer> {
  let block = Buffer.allocUnsafe(bytes);
  let filled = 0;
  for await (const chunk of chunks) {
    if (filled + chunk.byteLength > bytes) {
      if (filled > 0) yield block.subarray(0, filled);
      [block, filled] = [Buffer.allocUnsafe(bytes), 0];
    }
    if (chunk.byteLength >= bytes) yield chunk;
    else filled += chunk.copy(block, filled);
  }
  if (filled > 0) yield block.subarray(0, filled);
}
