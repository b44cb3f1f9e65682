import { createHash } from "node:crypto";
import { ExpectedError } from "@holdfast/kernel/errors";
import { type Copy, fanOut } from "./fan-out.ts";
import type { ObjectName } from "./object-name.ts";
import type { JobOptions } from "./progress.ts";
import type { Vault } from "./vault.ts";

export interface CopyInput {
  /** A vault whose copy was just read back whole. */
  readonly from: Vault;
  /** Vaults that have no object of this name. */
  readonly to: readonly Vault[];
  readonly name: ObjectName;
  readonly expected: { readonly bytes: number; readonly sha256: string };
}

/**
 * Copies an object's bytes as they are from one vault to others; needs no key. Memory is constant, nothing is kept on
 * a disk of ours. Where the vault can, a copy that was cut off goes on where it stopped.
 *
 * @throws ExpectedError `conflict` when what is read is not the object that was expected, `unavailable`
 * when no vault took it. Then, and when cancelled, no vault has anything new.
 */
export async function copyObject(input: CopyInput, options: JobOptions = {}): Promise<readonly Copy[]> {
  const resume = { bytes: input.expected.bytes };
  return fanOut(expectedBytes(input, options), input.to, input.name, { ...options, resume });
}

/** Fails before its end when a byte differs, so that nothing wrong is ever finished. */
async function* expectedBytes({ from, name, expected }: CopyInput, { onProgress }: JobOptions) {
  const hash = createHash("sha256");
  let done = 0;
  for await (const chunk of from.get(name)) {
    hash.update(chunk);
    done += chunk.byteLength;
    onProgress?.({ step: `copying from ${from.place.name}`, done, total: expected.bytes, unit: "bytes" });
    yield chunk;
  }
  if (done === expected.bytes && hash.digest("hex") === expected.sha256) return;
  throw new ExpectedError(
    "conflict",
    `the copy in vault "${from.place.name}" is not the one that was read before`,
    {
      hint: "read the backup back again",
    },
  );
}
