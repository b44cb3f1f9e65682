import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ExpectedError } from "@holdfast/kernel/errors";
import { Secret } from "@holdfast/kernel/log";
import type { Random } from "@holdfast/kernel/random";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { writeDurably } from "./durable-file.ts";
import { replicaFolders } from "./keystore-replicas.ts";
import { keyBytes, seal, sealedSchema, unsealWithAny } from "./sealed.ts";

export type RootKey = Secret<Buffer>;

const prefix = "holdfast-root-key-1:";
const checkName = ".check";
/** What the keystore's known value is sealed as. */
export const checkContext = "holdfast keystore check";

/**
 * The key that wraps all others, from its 0600 file; made at the first start.
 *
 * @throws ExpectedError when it is missing though a keystore exists (a new one could open nothing),
 * readable by others, or not the one that the keystore was made with.
 * Nobody but the agent reads this file; it is in no backup. Another source (systemd credential, KMS)
 * takes the place of this function.
 */
export function rootKey(
  folder: DataFolder,
  random: Random,
  source: RootKeySource = fileRootKey(folder, random),
): RootKey {
  mkdirSync(folder.keystore, { recursive: true, mode: 0o700 });
  const key = parseRootKey(source.read());
  provesItself(folder, key, random);
  return new Secret(key);
}

/**
 * Where the root key comes from: a file, a credential of systemd; a key service (KMS, transit) unwraps a stored
 * ciphertext in `read`, and is asked once, at the start.
 */
export interface RootKeySource {
  /** @returns the line of a root key. */
  read(): string;
}

/** The 0600 file, made at the first start. */
export function fileRootKey(folder: DataFolder, random: Random): RootKeySource {
  return {
    read: () => {
      mkdirSync(folder.keystore, { recursive: true, mode: 0o700 });
      if (!existsSync(folder.rootKey)) makeRootKey(folder, random);
      refuseReadableByOthers(folder.rootKey);
      return readFileSync(folder.rootKey, "utf8");
    },
  };
}

/**
 * A credential that systemd decrypted for this service alone (`LoadCredentialEncrypted=holdfast-root-key`).
 *
 * @param credentialsFolder - `$CREDENTIALS_DIRECTORY`.
 * @returns undefined when there is none: then the file is used.
 */
export function credentialRootKey(credentialsFolder: string | undefined): RootKeySource | undefined {
  if (credentialsFolder === undefined) return undefined;
  const path = join(credentialsFolder, "holdfast-root-key");
  return existsSync(path) ? { read: () => readFileSync(path, "utf8") } : undefined;
}

function makeRootKey(folder: DataFolder, random: Random): void {
  // An emptied keystore may come back from a replica, but only under the key that wraps it.
  const replicas = replicaFolders(folder).filter((path) => existsSync(path));
  if ([folder.keystore, ...replicas].some((path) => readdirSync(path).length > 0))
    throw new ExpectedError(
      "conflict",
      `${folder.rootKey} is missing, but ${folder.keystore} has keys that it wraps`,
      {
        hint: "put the line of your recovery file back into root.key (mode 0600)",
      },
    );
  writeDurably(folder.rootKey, newRootKeyLine(random), 0o600);
}

/** The line of a new root key. */
export function newRootKeyLine(random: Random): string {
  return `${prefix}${Buffer.from(random.bytes(keyBytes)).toString("base64")}\n`;
}

function refuseReadableByOthers(path: string): void {
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) !== 0)
    throw new ExpectedError("conflict", `${path} has mode ${mode.toString(8)}, wanted 600`, {
      hint: `chmod 600 ${path}; if others could read it, make new keys`,
    });
}

/** @throws ExpectedError `conflict` when it is no root key. */
export function parseRootKey(text: string): Buffer {
  const line = text.trim();
  const key = Buffer.from(line.slice(prefix.length), "base64");
  if (!line.startsWith(prefix) || key.length !== keyBytes)
    throw new ExpectedError("conflict", "root.key is not a root key of version 1", {
      hint: "put the line of your recovery file back",
    });
  return key;
}

/** A known value under the key tells a wrong key at the start, not at the first customer. */
function provesItself(folder: DataFolder, key: Buffer, random: Random): void {
  const path = join(folder.keystore, checkName);
  if (!existsSync(path)) writeDurably(path, seal(key, Buffer.from("holdfast"), checkContext, random), 0o600);
  const known = sealedSchema.parse(readFileSync(path, "utf8").trim());
  // While a rotation is not through, the check may be under the next key already.
  const next = `${folder.rootKey}.next`;
  const keys = existsSync(next) ? [key, parseRootKey(readFileSync(next, "utf8"))] : [key];
  unsealWithAny(keys, known, checkContext);
}
