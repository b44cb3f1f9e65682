import { createHash } from "node:crypto";
import type { JobOptions } from "./progress.ts";
import { type BackupSource, type BadCopy, badCopy, openCopy } from "./stored-backup.ts";
import type { Vault } from "./vault.ts";

export type VerifiedCopy =
  | BadCopy
  | {
      readonly kind: "intact";
      readonly vault: string;
      readonly bytes: number;
      readonly sha256: string;
      /** Number of the data key that it is sealed under. */
      readonly generation: number;
    };

export interface Verified {
  /** True only when every vault's copy was read back whole and authenticated, and all are the same. */
  readonly stored: boolean;
  readonly copies: readonly VerifiedCopy[];
}

export interface VerifyInput extends BackupSource {
  readonly vaults: readonly Vault[];
  /** What takeBackup returned; a copy that is another (older, forged) object under this name differs from it. */
  readonly expected?: { readonly bytes: number; readonly sha256: string };
}

/**
 * Reads every copy back, all at once, and authenticates each piece: *stored*, or damaged at byte N. Whether what
 * they hold can be restored is another question: see loadBackup and compareBackup (*proven*).
 */
export async function verifyCopies(input: VerifyInput, options: JobOptions = {}): Promise<Verified> {
  const copies = await Promise.all(input.vaults.map((vault) => verifyCopy(vault, input, options)));
  const digests = new Set(copies.map((copy) => (copy.kind === "intact" ? copy.sha256 : copy.kind)));
  return {
    copies,
    stored: copies.length > 0 && digests.size === 1 && copies.every((copy) => copy.kind === "intact"),
  };
}

async function verifyCopy(
  vault: Vault,
  input: VerifyInput,
  { signal, onProgress }: JobOptions,
): Promise<VerifiedCopy> {
  const hash = createHash("sha256");
  let [bytes, generation] = [0, 1];
  const told = (number: number): void => {
    generation = number;
  };
  const tap = (chunk: Buffer) => {
    signal?.throwIfAborted();
    hash.update(chunk);
    bytes += chunk.byteLength;
  };
  try {
    for await (const _plain of await openCopy(vault, input, tap, told))
      onProgress?.({
        step: `reading back ${vault.place.name}`,
        done: bytes,
        total: input.expected?.bytes ?? null,
        unit: "bytes",
      });
  } catch (error) {
    signal?.throwIfAborted();
    const bad = badCopy(vault, error);
    if (bad === undefined) throw error;
    return bad;
  }
  const sha256 = hash.digest("hex");
  if (input.expected !== undefined && input.expected.sha256 !== sha256)
    return {
      vault: vault.place.name,
      kind: "damaged",
      atByte: 0,
      reason: "it is genuine, but not the object that was written",
    };
  return { vault: vault.place.name, kind: "intact", bytes, sha256, generation };
}
