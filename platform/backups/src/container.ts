import { createCipheriv, createDecipheriv } from "node:crypto";
import type { BackupId, TenantId } from "@holdfast/kernel/id";
import type { Random } from "@holdfast/kernel/random";
import { deriveKey, keyBytes } from "@holdfast/kernel/sealed-stream";
import { type DataKey, type DataKeys, everyKey } from "./data-keys.ts";

/**
 * The header before a backup's sealed stream: 8 bytes magic, 16 tenant id, 16 backup id, 12 nonce, 32 wrapped key,
 * 16 tag. The backup's own random key is wrapped (AES-256-GCM) by a key derived from the customer's data key, with the
 * first 40 bytes authenticated along, so an object that was swapped for another backup or tenant is noticed.
 *
 * Specified for strangers in docs/backup-format.md.
 */
const magic = Buffer.from("HFBACK\x00\x01", "latin1");
const idBytes = 16;
const nonceAt = magic.byteLength + 2 * idBytes;
const keyAt = nonceAt + 12;
const tagAt = keyAt + keyBytes;
const wrapPurpose = "backup-wrap.v1";

export const containerHeaderBytes = tagAt + 16;

export interface BackupIdentity {
  readonly tenantId: TenantId;
  readonly backupId: BackupId;
}

/** The object is not the asked-for backup, or changed since. A value of the damage report, so it names the place. */
export class Damaged extends Error {
  override readonly name = "Damaged";
  readonly atByte: number;

  constructor(atByte: number, reason: string) {
    super(reason);
    this.atByte = atByte;
  }
}

/** @returns the header to write first, and the key of the sealed stream after it. */
export function sealHeader(
  identity: BackupIdentity,
  dataKey: Uint8Array,
  random: Random,
): { header: Buffer; key: Uint8Array } {
  const key = random.bytes(keyBytes);
  const nonce = random.bytes(keyAt - nonceAt);
  const named = Buffer.concat([magic, uuidBytes(identity.tenantId), uuidBytes(identity.backupId)]);
  const cipher = createCipheriv("aes-256-gcm", deriveKey(dataKey, wrapPurpose), nonce).setAAD(named);
  const wrapped = Buffer.concat([cipher.update(key), cipher.final()]);
  return { header: Buffer.concat([named, nonce, wrapped, cipher.getAuthTag()]), key };
}

/**
 * @returns the key of the sealed stream, and which of the customer's data keys wraps it.
 * @throws {@link Damaged} also when the header is another backup's.
 */
export function openHeader(header: Buffer, identity: BackupIdentity, keys: DataKeys): DataKey {
  if (header.byteLength < containerHeaderBytes) throw new Damaged(header.byteLength, "the header is cut off");
  if (!header.subarray(0, magic.byteLength).equals(magic)) throw new Damaged(0, "not a backup of format 1");
  const named = Buffer.concat([magic, uuidBytes(identity.tenantId), uuidBytes(identity.backupId)]);
  if (!header.subarray(0, nonceAt).equals(named))
    throw new Damaged(magic.byteLength, "it is another backup than its name says");
  for (const { generation, key: dataKey } of everyKey(keys)) {
    const key = unwrapped(header, named, dataKey);
    if (key !== undefined) return { generation, key };
  }
  throw new Damaged(nonceAt, "its key does not open: damaged, or made under another data key");
}

function unwrapped(header: Buffer, named: Buffer, dataKey: Uint8Array): Uint8Array | undefined {
  const wrappingKey = deriveKey(dataKey, wrapPurpose);
  const options = { authTagLength: 16 };
  const decipher = createDecipheriv("aes-256-gcm", wrappingKey, header.subarray(nonceAt, keyAt), options);
  decipher.setAAD(named).setAuthTag(header.subarray(tagAt, containerHeaderBytes));
  try {
    return Buffer.concat([decipher.update(header.subarray(keyAt, tagAt)), decipher.final()]);
  } catch {
    return undefined;
  }
}

const uuidBytes = (id: string) => Buffer.from(id.replaceAll("-", ""), "hex");
