import { setImmediate as afterThisTurn } from "node:timers/promises";

/**
 * Asks for the next chunk while the one before is worked on, so that digesting the one and packing the other go on at
 * the same time: packing has a thread of its own. It is asked for only once whoever took a chunk has handed it to that
 * thread, else it would delay just that. Memory: two chunks, so a source may use the memory of a chunk again only
 * when the one after the next is asked for.
 */
export async function* ahead(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const source = chunks[Symbol.asyncIterator]();
  let next = source.next();
  try {
    while (true) {
      const { done, value } = await next;
      if (done === true) return;
      next = afterThisTurn().then(() => source.next());
      next.catch(() => undefined); // whoever asks next gets it
      yield value;
    }
  } finally {
    await next.catch(() => undefined);
    await source.return?.();
  }
}
