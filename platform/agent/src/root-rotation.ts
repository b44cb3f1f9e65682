import { existsSync, readFileSync, renameSync } from "node:fs";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Random } from "@holdfast/kernel/random";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { writeDurably } from "./durable-file.ts";
import type { Keystore } from "./keystore.ts";
import { newRootKeyLine, parseRootKey, type RootKey } from "./root-key.ts";
import type { Tombstones } from "./tombstones.ts";
import { rewrapVaults } from "./vault-registry.ts";

/** What holds secrets under the root key. */
export interface UnderRootKey {
  readonly folder: DataFolder;
  readonly rootKey: RootKey;
  readonly keystore: Keystore;
  readonly tombstones: Tombstones;
  readonly random: Random;
}

/**
 * Makes a new root key and wraps everything with it that the former wrapped. The new key lies in `root.key.next` until
 * the last secret is under it; a crash anywhere before is finished at the next start, which knows both. Nothing of a
 * customer is encrypted anew: data keys stay as they are.
 *
 * A replica that was away meanwhile is brought up to date by the caller: see Keystore.matchReplicas.
 *
 * @returns how many records were wrapped anew. Blocks for some milliseconds a record.
 */
export function rotateRootKey({ folder, rootKey, keystore, tombstones, random }: UnderRootKey): number {
  if (!existsSync(folder.rootKey))
    throw new ExpectedError("conflict", "the root key does not come from a file here", {
      hint: "rotate it where it comes from, then start the agent with both",
    });
  const nextFile = `${folder.rootKey}.next`;
  if (!existsSync(nextFile)) {
    const [damaged] = tombstones.match();
    if (damaged !== undefined)
      throw new ExpectedError("conflict", `the list of who was erased from ${damaged} is damaged`, {
        hint: "put it back from a replica of the keystore first: under a new key no older copy of it would open",
      });
    writeDurably(nextFile, newRootKeyLine(random), 0o600);
  }
  const next = parseRootKey(readFileSync(nextFile, "utf8"));
  const former = Buffer.from(rootKey.reveal());
  const records = keystore.rewrap(former, next);
  tombstones.rewrap(former, next);
  rewrapVaults(folder, { former, next, random });
  renameSync(nextFile, folder.rootKey);
  next.copy(rootKey.reveal());
  return records;
}

/** Whether a rotation began and did not end. */
export const isRotating = (folder: DataFolder): boolean => existsSync(`${folder.rootKey}.next`);
