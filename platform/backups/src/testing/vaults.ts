import { mkdir, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { newId } from "@holdfast/kernel/id";
import { systemRandom } from "@holdfast/kernel/random";
import type { DirectoryVaultSpec } from "../directory-vault.ts";
import type { ObjectName } from "../object-name.ts";
import { openVault } from "../open-vault.ts";
import type { Vault } from "../vault.ts";
import { temporaryFolder } from "./temporary.ts";

const places = [
  ["eu-west", "Paris", "FR", "Europe"],
  ["eu-north", "Helsinki", "FI", "Europe"],
  ["us-east", "Montreal", "CA", "North America"],
] as const;

/** Three directory vaults in a temporary folder. */
export interface TestVaults {
  readonly folder: string;
  readonly specs: readonly DirectoryVaultSpec[];
  readonly vaults: readonly Vault[];
}

/** Three empty vaults, posing as three data centers. */
export async function threeVaults(): Promise<TestVaults> {
  const folder = temporaryFolder("vaults");
  const specs = places.map(
    ([name, city, country, continent]): DirectoryVaultSpec => ({
      kind: "directory",
      path: join(folder, name),
      keeper: "inline",
      freeBytes: 0,
      place: { name, dataCenter: name, city, country, continent, provider: "this machine", simulated: true },
    }),
  );
  for (const spec of specs) await mkdir(spec.path);
  return { folder, specs, vaults: specs.map((spec) => openVault(spec)) };
}

/** A new id of any kind. */
export const newTestId = <Kind extends string>() => newId<Kind>(Date.now(), systemRandom.bytes(10));

/** Every file in a vault, relative to it: shows residue. */
export async function filesOf(spec: DirectoryVaultSpec): Promise<string[]> {
  const found = await readdir(spec.path, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(spec.path.length + 1))
    .sort();
}

/** Where a vault keeps an object. */
export const stored = (spec: DirectoryVaultSpec, name: ObjectName) => join(spec.path, "store", name);

/** Changes one byte of a stored copy behind the vault's back; twice is as before. */
export async function flipByte(spec: DirectoryVaultSpec, name: ObjectName, at: number): Promise<void> {
  const file = await open(stored(spec, name), "r+");
  try {
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, at);
    byte[0] = (byte[0] ?? 0) ^ 0x40;
    await file.write(byte, 0, 1, at);
  } finally {
    await file.close();
  }
}
