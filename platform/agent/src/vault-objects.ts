import { removeFromDirectoryVault, removeIncoming } from "@holdfast/backups/directory-vault";
import { parseHeadName, parseObjectName, type VaultObjectName } from "@holdfast/backups/object-name";
import { openVault } from "@holdfast/backups/open-vault";
import type { Removal } from "@holdfast/backups/retention-role";
import type { StoredObject } from "@holdfast/backups/vault";
import type { Listed, OfVault } from "@holdfast/backups/vault-jobs";
import type { BackupId, TenantId } from "@holdfast/kernel/id";
import type { VaultTrouble } from "@holdfast/protocol/backup-methods";
import type { JobRunner } from "./job-runner.ts";
import { type DirectoryVault, isDirectory, type RegisteredVault } from "./vaults.ts";

/** One backup's object in one vault. */
export interface BackupObject {
  readonly vault: string;
  readonly tenantId: TenantId;
  readonly backupId: BackupId;
  readonly bytes: number;
  /** By the vault's own clock. */
  readonly storedAtMs: number;
}

/** A vault that could not be asked. */
export interface Unanswered {
  readonly vault: string;
  readonly reason: string;
  readonly trouble: VaultTrouble | "wrong";
}

/** How objects are removed; see RemovalOptions. */
export interface Removing {
  readonly from: readonly RegisteredVault[];
  readonly bypass?: boolean;
}

const noHurry = () => ({ signal: new AbortController().signal, progress: () => undefined });

/**
 * Lists and removes objects over all kinds of vaults: folders of this host by this process, which is their keeper;
 * the others by a job that alone gets the network and the credential of the role that may delete.
 */
export class VaultObjects {
  readonly #vaults: readonly RegisteredVault[];
  readonly #jobs: JobRunner;

  constructor(vaults: readonly RegisteredVault[], jobs: JobRunner) {
    this.#vaults = vaults;
    this.#jobs = jobs;
  }

  /** A vault that does not answer is told apart; the others are listed. */
  async list(tenantId?: TenantId): Promise<{ objects: BackupObject[]; unanswered: Unanswered[] }> {
    const all = await this.#listAll(tenantId);
    return {
      unanswered: all.flatMap((each) => (each.kind === "failed" ? [unanswered(each)] : [])),
      objects: all.flatMap((each) =>
        each.kind === "failed" ? [] : each.objects.flatMap((object) => backupObject(each.vault, object)),
      ),
    };
  }

  /**
   * Deletes a tenant's catalog heads but the newest of each vault: a head names all that there is, those before only
   * tell of changes. Some at a time; what a lock keeps, and a vault that does not answer, is tried the next time.
   */
  async pruneHeads(tenantId: TenantId): Promise<void> {
    for (const each of await this.#listAll(tenantId)) {
      if (each.kind === "failed") continue;
      const names = headsToPrune(each.objects.map(({ name }) => name));
      const from = this.#vaults.filter(({ name }) => name === each.vault);
      if (names.length > 0) await this.remove(names, { from });
    }
  }

  /** Deletes every catalog head of a tenant whose key is gone: nobody can read or sign one any more. */
  async removeHeads(tenantId: TenantId): Promise<void> {
    for (const each of await this.#listAll(tenantId)) {
      if (each.kind === "failed") continue;
      const names = each.objects.map(({ name }) => name).filter((name) => parseHeadName(name) !== undefined);
      const from = this.#vaults.filter(({ name }) => name === each.vault);
      if (names.length > 0) await this.remove(names, { from });
    }
  }

  async #listAll(tenantId?: TenantId): Promise<Listed> {
    const [folders, remote] = split(this.#vaults);
    const [near, far] = await Promise.all([
      Promise.all(folders.map((vault) => listFolder(vault, tenantId))),
      remote.length === 0
        ? []
        : this.#jobs.run<"list">(
            { kind: "list", vaults: remote.map(({ spec }) => spec), ...(tenantId ? { tenantId } : {}) },
            noHurry(),
          ),
    ]);
    return [...near, ...far];
  }

  /** What is stored of them and what is on its way in. Idempotent; a vault that fails stops no other. */
  async remove(names: readonly VaultObjectName[], { from, bypass = false }: Removing) {
    const [folders, remote] = split(from);
    const near = await Promise.all(folders.map((vault) => removeFromFolder(vault, names)));
    const far =
      remote.length === 0
        ? []
        : await this.#jobs.runApart<"remove">(
            {
              kind: "remove",
              vaults: remote.map(({ spec, retention }) => ({
                writer: spec,
                ...(retention ? { retention } : {}),
              })),
              names,
              bypass,
            },
            noHurry(),
          );
    const all = [...near, ...far];
    return {
      unanswered: all.flatMap((each) => (each.kind === "failed" ? [unanswered(each)] : [])),
      locked: all.flatMap((each) =>
        each.kind === "failed"
          ? []
          : each.removals.flatMap((removal) =>
              removal.kind === "locked" ? [{ vault: each.vault, untilMs: removal.untilMs }] : [],
            ),
      ),
    };
  }
}

/** Heads of a vault that stay, and the most that are deleted at once. */
const heads = { kept: 30, prunedAtOnce: 20 };

/** Which heads of one vault may go: all but the newest, the oldest first. */
export function headsToPrune(names: readonly VaultObjectName[]): VaultObjectName[] {
  const oldestFirst = names.filter((name) => parseHeadName(name) !== undefined).sort();
  return oldestFirst.slice(0, Math.min(heads.prunedAtOnce, Math.max(0, oldestFirst.length - heads.kept)));
}

const unanswered = ({ vault, reason, trouble }: Unanswered): Unanswered => ({ vault, reason, trouble });

function split(vaults: readonly RegisteredVault[]): [DirectoryVault[], RegisteredVault[]] {
  return [vaults.filter(isDirectory), vaults.filter((vault) => !isDirectory(vault))];
}

function backupObject(vault: string, { name, bytes, storedAtMs }: StoredObject): BackupObject[] {
  const parts = parseObjectName(name);
  if (parts === undefined) return [];
  return [{ vault, tenantId: parts.tenantId, backupId: parts.backupId, bytes, storedAtMs }];
}

function listFolder({ name, spec }: DirectoryVault, tenantId?: TenantId) {
  return inFolder(name, async () => ({ objects: await Array.fromAsync(openVault(spec).list(tenantId)) }));
}

function removeFromFolder(vault: DirectoryVault, names: readonly VaultObjectName[]) {
  const removed: Removal = { kind: "removed" };
  return inFolder(vault.name, () =>
    vault.alone(async () => {
      for (const name of names) {
        await removeIncoming(vault.spec, name);
        await removeFromDirectoryVault(vault.spec, name);
      }
      return { removals: names.map(() => removed) };
    }),
  );
}

async function inFolder<T>(vault: string, work: () => Promise<T>): Promise<OfVault<T>> {
  try {
    return { kind: "answered", vault, ...(await work()) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? (error as Error).name;
    return { kind: "failed", vault, reason: `vault "${vault}" fails with ${code}`, trouble: "away" };
  }
}
