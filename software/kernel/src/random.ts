/** Where randomness comes from: an argument everywhere, so that a run can be repeated from its seed. */
export interface Random {
  /** `count` unpredictable bytes. */
  bytes(count: number): Uint8Array;
}

const maxBytesPerCall = 65_536;

/** The operating system's generator. */
export const systemRandom: Random = {
  bytes(count) {
    const out = new Uint8Array(count);
    for (let at = 0; at < count; at += maxBytesPerCall)
      globalThis.crypto.getRandomValues(out.subarray(at, Math.min(count, at + maxBytesPerCall)));
    return out;
  },
};
