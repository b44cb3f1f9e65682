import { existsSync, readFileSync, renameSync } from "node:fs";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId } from "@holdfast/kernel/id";
import type { Random } from "@holdfast/kernel/random";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { removeDurably, writeDurably } from "./durable-file.ts";
import type { Keystore, Rewrapped } from "./keystore.ts";
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
  /** Whether a customer's key was destroyed on purpose: no copy of it may come back. */
  isShredded?(tenantId: TenantId): boolean;
}

const never = (): boolean => false;
const formerFileOf = (folder: DataFolder): string => `${folder.rootKey}.former`;

/**
 * Makes a new root key and wraps everything with it that the former wrapped. The new key lies in `root.key.next` until
 * the last secret is under it; a crash anywhere before is finished at the next start, which knows both. Nothing of a
 * customer is encrypted anew: data keys stay as they are.
 *
 * A replica that was away meanwhile is brought up to date by the caller: see Keystore.matchReplicas. None is begun while
 * a record opens nowhere. One that was cut off is finished without such records: the former root key then stays in
 * `root.key.former`, for a copy of them that turns up (see {@link healRotten}).
 *
 * @returns how many records were wrapped anew, and those that opened nowhere. Blocks for some milliseconds a record.
 */
export function rotateRootKey(under: UnderRootKey): Rewrapped {
  const { folder, rootKey, keystore, tombstones, random, isShredded = never } = under;
  if (!existsSync(folder.rootKey))
    throw new ExpectedError("conflict", "the root key does not come from a file here", {
      hint: "rotate it where it comes from, then start the agent with both",
    });
  const nextFile = `${folder.rootKey}.next`;
  if (!existsSync(nextFile)) {
    if (existsSync(formerFileOf(folder)))
      throw new ExpectedError("conflict", "the last change of the root key left records that open nowhere", {
        hint: "put them back from a replica; or give them up: delete root.key.former and those records (docs/keys.md)",
      });
    const [unreadable] = keystore.matchReplicas(isShredded).unreadable;
    if (unreadable !== undefined)
      throw new ExpectedError("conflict", `record ${unreadable} of the keystore opens in no place`, {
        hint: "put it back from a replica first: under a new key no older copy of it would open",
      });
    const [damaged] = tombstones.match();
    if (damaged !== undefined)
      throw new ExpectedError("conflict", `the list of who was erased from ${damaged} is damaged`, {
        hint: "put it back from a replica of the keystore first: under a new key no older copy of it would open",
      });
    writeDurably(nextFile, newRootKeyLine(random), 0o600);
  }
  const next = parseRootKey(readFileSync(nextFile, "utf8"));
  const former = Buffer.from(rootKey.reveal());
  const rewrapped = keystore.rewrap(former, next, isShredded);
  tombstones.rewrap(former, next);
  rewrapVaults(folder, { former, next, random });
  if (rewrapped.rotten.length > 0)
    writeDurably(formerFileOf(folder), readFileSync(folder.rootKey, "utf8"), 0o600);
  renameSync(nextFile, folder.rootKey);
  next.copy(rootKey.reveal());
  return rewrapped;
}

/**
 * Takes up records that opened nowhere when the root key was changed, once a place has a copy under the former one; then
 * that goes. @returns those that still open nowhere.
 */
export function healRotten({ folder, keystore, isShredded = never }: UnderRootKey): TenantId[] {
  const file = formerFileOf(folder);
  if (!existsSync(file) || isRotating(folder)) return [];
  const left = keystore.heal(parseRootKey(readFileSync(file, "utf8")), isShredded);
  if (left.length === 0) removeDurably(file);
  return left;
}

/** Whether a rotation began and did not end. */
export const isRotating = (folder: DataFolder): boolean => existsSync(`${folder.rootKey}.next`);
