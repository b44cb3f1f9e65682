import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ExpectedError } from "@holdfast/kernel/errors";
import { Secret } from "@holdfast/kernel/log";
import type { Random } from "@holdfast/kernel/random";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { writeDurably } from "./durable-file.ts";
import { keyBytes, seal, sealedSchema, unseal } from "./sealed.ts";

export type RootKey = Secret<Buffer>;

const prefix = "holdfast-root-key-1:";
const checkName = ".check";
const checkContext = "holdfast keystore check";

/**
 * The key that wraps all others, from its 0600 file; made at the first start.
 *
 * @throws ExpectedError when it is missing though a keystore exists (a new one could open nothing),
 * readable by others, or not the one that the keystore was made with.
 * Nobody but the agent reads this file; it is in no backup. Another source (systemd credential, KMS)
 * takes the place of this function.
 */
export function rootKey(folder: DataFolder, random: Random): RootKey {
  mkdirSync(folder.keystore, { recursive: true, mode: 0o700 });
  if (!existsSync(folder.rootKey)) makeRootKey(folder, random);
  refuseReadableByOthers(folder.rootKey);
  const key = parse(readFileSync(folder.rootKey, "utf8"));
  provesItself(folder, key, random);
  return new Secret(key);
}

function makeRootKey(folder: DataFolder, random: Random): void {
  if (readdirSync(folder.keystore).length > 0)
    throw new ExpectedError(
      "conflict",
      `${folder.rootKey} is missing, but ${folder.keystore} has keys that it wraps`,
      {
        hint: "put the line of your recovery file back into root.key (mode 0600)",
      },
    );
  writeDurably(folder.rootKey, `${prefix}${Buffer.from(random.bytes(keyBytes)).toString("base64")}\n`, 0o600);
}

function refuseReadableByOthers(path: string): void {
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) !== 0)
    throw new ExpectedError("conflict", `${path} has mode ${mode.toString(8)}, wanted 600`, {
      hint: `chmod 600 ${path}; if others could read it, make new keys`,
    });
}

function parse(text: string): Buffer {
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
  unseal(key, sealedSchema.parse(readFileSync(path, "utf8").trim()), checkContext);
}
