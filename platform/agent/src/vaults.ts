import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseId, type TenantId } from "@holdfast/kernel/id";
import type { Vault } from "@holdfast/protocol/agent-methods";
import type { DataFolder } from "@holdfast/protocol/data-folder";

/** A vault with the folder that stands for it on this machine. */
export interface DirectoryVault extends Vault {
  readonly path: string;
}

const places = [
  { name: "eu-west", dataCenter: "Paris", city: "Paris", country: "FR", continent: "Europe" },
  { name: "eu-north", dataCenter: "Helsinki", city: "Helsinki", country: "FI", continent: "Europe" },
  { name: "us-east", dataCenter: "Montreal", city: "Montreal", country: "CA", continent: "North America" },
] as const;

/**
 * The registry of vaults: three folders that pose as three data centers on two continents. All stand
 * on this machine, so each says that it is simulated, and that whoever writes it could change it
 * (claims BAK-2, BAK-3 are then not shown as met).
 */
export function directoryVaults(folder: DataFolder): DirectoryVault[] {
  return places.map((place) => ({
    ...place,
    provider: "this machine",
    simulated: true,
    enforced: false,
    path: join(folder.vaults, place.name),
  }));
}

/** Makes the folders of each vault that are missing. */
export function ensureVaults(vaults: readonly DirectoryVault[]): void {
  for (const { path } of vaults)
    for (const part of ["incoming", "store"]) mkdirSync(join(path, part), { recursive: true, mode: 0o700 });
}

export interface VaultObject {
  readonly vault: string;
  /** Path under the vault's `store` or `incoming`. */
  readonly name: string;
  readonly tenantId: TenantId | null;
  readonly bytes: number;
  /** False for what still is, or forever was, on its way in. */
  readonly whole: boolean;
}

/** All that lies in the vaults, half-written objects too. */
export function listObjects(vaults: readonly DirectoryVault[]): VaultObject[] {
  return vaults.flatMap((vault) => [...objectsIn(vault, "store"), ...objectsIn(vault, "incoming")]);
}

function objectsIn(vault: DirectoryVault, part: "store" | "incoming"): VaultObject[] {
  const root = join(vault.path, part);
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(root.length + 1);
      const owner = parseId<"tenant">(name.split("/", 1)[0] ?? "") ?? null;
      return {
        vault: vault.name,
        name,
        tenantId: owner,
        bytes: statSync(path).size,
        whole: part === "store",
      };
    });
}
