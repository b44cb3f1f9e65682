import { setTimeout as wait } from "node:timers/promises";

/** Passes a stream on no faster than so many bytes a second, measured from its beginning. Cancelled by the signal. */
export async function* paced(
  content: AsyncIterable<Uint8Array>,
  bytesPerSecond: number,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const began = performance.now();
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.byteLength;
    const early = (bytes / bytesPerSecond) * 1_000 - (performance.now() - began);
    if (early > 1) await wait(early, undefined, { signal });
    yield chunk;
  }
}
