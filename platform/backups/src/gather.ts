/**
 * Joins small chunks until there are `bytes` of them; a larger chunk passes as it is. Order and content stay.
 * For what costs by the chunk: a thread's turn, a write to a disk. Memory: `bytes` and one chunk.
 */
export async function* gathered(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  bytes: number,
): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let count = 0;
  for await (const chunk of chunks) {
    waiting.push(chunk);
    count += chunk.byteLength;
    if (count < bytes) continue;
    // Copying a large chunk would cost more than a turn.
    if (waiting.length === 2 && chunk.byteLength >= bytes) yield* waiting;
    else yield joined(waiting);
    [waiting, count] = [[], 0];
  }
  if (count > 0) yield joined(waiting);
}

function joined(chunks: readonly Buffer[]): Buffer {
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}
