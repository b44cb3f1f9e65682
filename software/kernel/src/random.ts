/** Where randomness comes from: an argument everywhere, so that a run can be repeated from its seed. */
export interface Random {
  /** `count` unpredictable bytes. */
  bytes(count: number): Uint8Array;
}

const maxBytesPerCall = 65_536;

/** Drawn at once: one call for a few bytes takes as long as one for all these. */
const drawnBytes = 4_096;
const mostFromDrawn = 64;
const drawn = new Uint8Array(drawnBytes);
let left = 0;

/** The operating system's generator. */
export const systemRandom: Random = {
  bytes(count) {
    if (count <= mostFromDrawn) return fromDrawn(count);
    const out = new Uint8Array(count);
    for (let at = 0; at < count; at += maxBytesPerCall)
      globalThis.crypto.getRandomValues(out.subarray(at, Math.min(count, at + maxBytesPerCall)));
    return out;
  },
};

/** Each byte is given once, and kept nowhere afterwards. */
function fromDrawn(count: number): Uint8Array {
  if (left < count) {
    globalThis.crypto.getRandomValues(drawn);
    left = drawnBytes;
  }
  left -= count;
  const out = drawn.slice(left, left + count);
  drawn.fill(0, left, left + count);
  return out;
}
