import type { JobOptions } from "./progress.ts";
import { type BadCopy, badCopy } from "./stored-backup.ts";
import type { Vault } from "./vault.ts";

export type FromIntactCopy<T> =
  | {
      readonly kind: "found";
      readonly vault: string;
      readonly badCopies: readonly BadCopy[];
      readonly value: T;
    }
  | { readonly kind: "damaged"; readonly badCopies: readonly BadCopy[] };

/**
 * Tries the vaults one after the other until the work succeeds with one copy. The work must leave nothing behind when it
 * throws. Only what is wrong with a *copy* leads to the next; any other error is thrown.
 */
export async function fromIntactCopy<T>(
  vaults: readonly Vault[],
  work: (vault: Vault) => Promise<T>,
  options: JobOptions,
): Promise<FromIntactCopy<T>> {
  const badCopies: BadCopy[] = [];
  for (const vault of vaults) {
    try {
      return { kind: "found", vault: vault.place.name, badCopies, value: await work(vault) };
    } catch (error) {
      options.signal?.throwIfAborted();
      const bad = badCopy(vault, error);
      if (bad === undefined) throw error;
      badCopies.push(bad);
    }
  }
  return { kind: "damaged", badCopies };
}
