import { chmodSync, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type DirectoryVaultSpec, sweepIncoming } from "@holdfast/backups/directory-vault";
import { keepIncoming, sweepStore } from "@holdfast/backups/keeper";
import type { VaultSpec } from "@holdfast/backups/open-vault";
import { parseId, type TenantId } from "@holdfast/kernel/id";
import type { Log } from "@holdfast/kernel/log";
import type { Vault } from "@holdfast/protocol/agent-methods";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { giveTo, ourselves, type SystemUser } from "./system-user.ts";
import { Turns } from "./turns.ts";

/** A vault as it is published, with how backup jobs reach it. */
export interface RegisteredVault extends Vault {
  readonly spec: VaultSpec;
  /** One of the three folders of our own that pose as data centers. */
  readonly posing?: true;
  /** With the credential of the role that may delete; absent where none was given. */
  readonly retention?: VaultSpec;
  /** Keeps taking over and removing apart: what is removed must not come in from a copy already begun. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

/** A vault in a folder of this host. */
export type DirectoryVault = RegisteredVault & { readonly spec: DirectoryVaultSpec };

export const isDirectory = (vault: RegisteredVault): vault is DirectoryVault =>
  vault.spec.kind === "directory";

const places = [
  { name: "eu-west", dataCenter: "Paris", city: "Paris", country: "FR", continent: "Europe" },
  { name: "eu-north", dataCenter: "Helsinki", city: "Helsinki", country: "FI", continent: "Europe" },
  { name: "us-east", dataCenter: "Montreal", city: "Montreal", country: "CA", continent: "North America" },
] as const;
const keeperMilliseconds = 100;

/**
 * The registry of vaults: three folders that pose as three data centers on two continents. All stand
 * on this machine, so each says that it is simulated (claims BAK-2, BAK-3 are then not shown as met).
 *
 * @param writer - who runs backup jobs. Another user than ours: then we are the keeper, and what is
 * stored the writer cannot change (`enforced`).
 */
export function directoryVaults(folder: DataFolder, writer: SystemUser): DirectoryVault[] {
  const enforced = writer.uid !== ourselves().uid;
  const turns = new Turns<string>();
  return places.map((known) => {
    const place = { ...known, provider: "this machine", attestations: [], simulated: true };
    const path = join(folder.vaults, known.name);
    const spec = { kind: "directory", path, keeper: enforced ? "separate" : "inline", place } as const;
    return {
      ...place,
      kind: "directory",
      lock: "none",
      enforced,
      posing: true,
      spec,
      retention: spec,
      alone: (work) => turns.run(path, work),
    };
  });
}

/**
 * Makes each vault's folders that are missing, takes over what came in whole and removes what a killed
 * job left. At the start of the agent, when no job runs. A vault that fails (its disk takes no writes,
 * say) is logged and left as it is: its copies fail, everything else works.
 */
export async function prepareVaults(
  vaults: readonly RegisteredVault[],
  writer: SystemUser,
  log: Log,
): Promise<void> {
  for (const { name, spec, posing } of vaults.filter(isDirectory)) {
    // One of our own folders: the writer passes through, others do not even see names.
    const isAdded = posing !== true;
    if (!isAdded) makeFolder(dirname(spec.path), 0o750, { uid: ourselves().uid, gid: writer.gid });
    await prepareVault(spec, writer, { isAdded }).catch((error: unknown) =>
      log("error", "a vault cannot be prepared", { vault: name, error }),
    );
  }
}

/** With `isAdded` the folder itself is a person's and stays as it is. */
export async function prepareVault(
  spec: DirectoryVaultSpec,
  writer: SystemUser,
  { isAdded }: { readonly isAdded: boolean },
): Promise<void> {
  if (!isAdded) makeFolder(spec.path, 0o755);
  makeFolder(join(spec.path, "store"), 0o755);
  makeFolder(join(spec.path, "incoming"), 0o700, writer);
  await sweepStore(spec.path);
  await keepIncoming(spec.path);
  await sweepIncoming(spec);
}

function makeFolder(path: string, mode: number, owner?: Pick<SystemUser, "uid" | "gid">): void {
  mkdirSync(path, { recursive: true, mode });
  chmodSync(path, mode);
  if (owner) giveTo(owner, path);
}

/**
 * Takes whole objects over into the read-only stores as long as a job runs, and returns when the last
 * taking over has ended; nothing to do where the writer does it.
 */
export async function keepWhile<T>(vaults: readonly RegisteredVault[], job: Promise<T>): Promise<T> {
  const separate = vaults.filter(isDirectory).filter(({ enforced }) => enforced);
  const over = new AbortController();
  const keeping = separate.map((vault) => keepUntil(vault, over.signal));
  try {
    return await job;
  } finally {
    over.abort();
    await Promise.all(keeping);
  }
}

/** A vault that fails is looked at again: the job waits for it, and says so when it waits in vain. */
async function keepUntil(vault: DirectoryVault, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await vault.alone(() => keepIncoming(vault.spec.path)).catch(() => undefined);
    await wait(keeperMilliseconds, undefined, { signal: over }).catch(() => undefined);
  }
}

/** A file in a vault, as an inventory lists it. */
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
export function listObjects(vaults: readonly RegisteredVault[]): VaultObject[] {
  return vaults
    .filter(isDirectory)
    .flatMap((vault) => [...objectsIn(vault, "store"), ...objectsIn(vault, "incoming")]);
}

function objectsIn({ name: vault, spec }: DirectoryVault, part: "store" | "incoming"): VaultObject[] {
  const root = join(spec.path, part);
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(root.length + 1);
      const tenantId = parseId<"tenant">(name.split(/[/_]/, 1)[0] ?? "") ?? null;
      const whole = part === "store" && /\.hf[bh]$/.test(name);
      return { vault, name, tenantId, bytes: statSync(path).size, whole };
    });
}
