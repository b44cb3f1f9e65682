import { setTimeout as wait } from "node:timers/promises";
import { limits } from "./limits.ts";
import { VaultError } from "./vault-error.ts";

/**
 * Reads a range through a network that cuts: goes on after the last byte that came. Gives up when it was cut off
 * some times without a byte in between, and at once for any other trouble than `away`.
 *
 * @param read - yields the bytes from `start` to the range's end, at most.
 */
export async function* reconnecting(
  read: (start: number) => AsyncIterable<Buffer>,
  { fromByte, toByte }: { readonly fromByte: number; readonly toByte: number },
): AsyncGenerator<Buffer> {
  let at = fromByte;
  for (let tries = 1; at < toByte; tries++) {
    const before = at;
    let cut: unknown;
    try {
      for await (const chunk of read(at)) {
        const wanted = chunk.subarray(0, toByte - at);
        at += wanted.byteLength;
        yield wanted;
      }
      if (at === before) return; // shorter than it was said to be: whoever authenticates the bytes names the place
    } catch (error) {
      if (!(error instanceof VaultError && error.trouble === "away")) throw error;
      cut = error;
    }
    if (at > before) tries = 0;
    if (cut !== undefined && tries >= limits.vaultAttempts) throw cut;
    if (cut !== undefined) await wait(limits.vaultRetryMs * tries);
  }
}
