import { join } from "node:path";
import type { Clock } from "@holdfast/kernel/clock";
import type { TenantId } from "@holdfast/kernel/id";
import type { Log } from "@holdfast/kernel/log";
import type { Random } from "@holdfast/kernel/random";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { Keystore } from "./keystore.ts";
import { KeystoreReplicas, type Matched, replicaFolders } from "./keystore-replicas.ts";
import { credentialRootKey, rootKey } from "./root-key.ts";
import { healRotten, isRotating, rotateRootKey } from "./root-rotation.ts";
import { ShredCertificates } from "./shred-certificates.ts";
import { Tombstones } from "./tombstones.ts";

interface KeyOptions {
  readonly folder: DataFolder;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly credentialsFolder: string | undefined;
}

/**
 * The root key and what lies under it in several places: customers' keys, lists of who was erased. A change of the root
 * key that was broken off is finished, and what one place has lost comes back from another.
 */
export function openKeys({ folder, clock, random, log, credentialsFolder }: KeyOptions) {
  const source = credentialRootKey(credentialsFolder);
  const root = source === undefined ? rootKey(folder, random) : rootKey(folder, random, source);
  const replicas = new KeystoreReplicas(replicaFolders(folder));
  const keystore = new Keystore(folder.keystore, root, { random, replicas });
  const places = [folder.erased, ...replicaFolders(folder).map((place) => join(place, "erased"))];
  const tombstones = new Tombstones(places, root, random, clock);
  const certificates = new ShredCertificates(folder, clock);
  const isShredded = (id: TenantId): boolean => certificates.has(id);
  const underRoot = { folder, rootKey: root, keystore, tombstones, random, isShredded };
  const match = (): void => {
    const rotten = healRotten(underRoot);
    if (rotten.length > 0) log("error", "records were left out when the root key was changed", { rotten });
    tellMatched(keystore.matchReplicas(isShredded), log);
    const damaged = tombstones.match();
    if (damaged.length > 0) log("error", "lists of who was erased are damaged in every place", { damaged });
    const split = tombstones.split();
    if (split.length > 0)
      log("error", "two lists of who was erased were found; both count", { tenants: split });
  };
  if (isRotating(folder)) rotateRootKey(underRoot);
  match();
  return {
    rootKey: root,
    keystore,
    tombstones,
    certificates,
    /** Compares all places, and mends from one what another lacks. */
    match,
    /** Makes a new root key. @returns how many records it wraps now. */
    rotate(): number {
      const { records } = rotateRootKey(underRoot);
      match();
      return records;
    },
  };
}

function tellMatched({ away, recovered, unreadable }: Matched, log: Log): void {
  if (away.length > 0) log("error", "replicas of the keystore do not answer", { folders: away });
  if (recovered.length > 0)
    log("error", "records that the keystore had lost came back from a replica", { recovered });
  if (unreadable.length > 0)
    log("error", "records of the keystore open in no place", { records: unreadable });
}
