import type { BackupId, TenantId } from "@holdfast/kernel/id";
import { auditCatalog, type CatalogAudit } from "./catalog-audit.ts";
import type { CatalogEntry, Hold } from "./catalog-head.ts";
import { type CatalogMemory, type CatalogOwner, changeCatalog } from "./catalog-store.ts";
import type { JobKeys } from "./data-keys.ts";
import type { VaultSpec } from "./open-vault.ts";
import type { Vault } from "./vault.ts";
import type { Verified, VerifiedCopy } from "./verify.ts";

/** Whose catalog. */
interface CatalogJobOwner extends JobKeys {
  readonly tenantId: TenantId;
  readonly vaults: readonly VaultSpec[];
  readonly memory: CatalogMemory;
}

/** Enters into each vault's catalog the given backups, or takes some out of every vault's. */
export interface CatalogJob extends CatalogJobOwner {
  readonly kind: "catalog";
  readonly add?: readonly { readonly vault: string; readonly entries: readonly CatalogEntry[] }[];
  readonly remove?: readonly BackupId[];
  /** Takes the vaults' newest heads as the truth: after a recovery, or when a person has judged. */
  readonly adopt?: boolean;
  /** Lays a legal hold, or lifts it (null). */
  readonly hold?: Hold | null;
}

/** What is to be remembered, and which vaults took no new head. */
export interface CatalogChanged {
  readonly memory: CatalogMemory;
  readonly failed: readonly { readonly vault: string; readonly reason: string }[];
}

/** See changeCatalog. */
export async function catalogJob(
  job: Pick<CatalogJob, "add" | "remove" | "adopt" | "hold" | "memory">,
  { vaults, owner }: { readonly vaults: readonly Vault[]; readonly owner: CatalogOwner },
): Promise<CatalogChanged> {
  const { heads, memory } = await changeCatalog(vaults, owner, {
    change: (vault) => ({
      add: job.add?.find((each) => each.vault === vault)?.entries ?? [],
      remove: job.remove ?? [],
    }),
    memory: job.memory,
    nowMs: Date.now(),
    adopt: job.adopt ?? false,
    hold: job.hold,
  });
  return {
    memory,
    failed: heads.flatMap((head) =>
      head.kind === "failed" ? [{ vault: head.vault, reason: (head.error as Error).message }] : [],
    ),
  };
}

/** See auditCatalog. */
export interface AuditJob extends CatalogJobOwner {
  readonly kind: "audit";
}

/** See auditCatalog; changes nothing. */
export function auditJob(
  { memory }: Pick<AuditJob, "memory">,
  { vaults, owner }: { readonly vaults: readonly Vault[]; readonly owner: CatalogOwner },
): Promise<CatalogAudit> {
  return auditCatalog(vaults, owner, { memory, nowMs: Date.now() });
}

/** Which backup was read back, for its entry. */
export interface Entering {
  readonly backupId: BackupId;
  readonly takenAt: string;
  readonly imported?: boolean | undefined;
  readonly memory: CatalogMemory;
}

/**
 * Enters what was just read whole into each vault's catalog. A copy whose vault takes no head counts as one whose
 * vault is away: until the catalog names it, nobody would notice that it was dropped.
 */
export async function enterCopies(
  verified: Verified,
  {
    entering,
    vaults,
    owner,
  }: { readonly entering: Entering; readonly vaults: readonly Vault[]; readonly owner: CatalogOwner },
): Promise<Verified & { readonly memory: CatalogMemory }> {
  const { backupId, takenAt, imported = false, memory } = entering;
  const whole = verified.copies.flatMap((copy) => (copy.kind === "intact" ? [copy] : []));
  const into = vaults.filter((vault) => whole.some((copy) => copy.vault === vault.place.name));
  const changed = await changeCatalog(into, owner, {
    change: (vault) => {
      const copy = whole.find((each) => each.vault === vault);
      return {
        add: copy === undefined ? [] : [entryOf({ backupId, takenAt, imported }, copy)],
      };
    },
    memory,
    nowMs: Date.now(),
  });
  const failed = new Map(
    changed.heads.flatMap((head) =>
      head.kind === "failed" ? [[head.vault, head.error as Error] as const] : [],
    ),
  );
  const copies = verified.copies.map((copy) => {
    const error = failed.get(copy.vault);
    if (error === undefined) return copy;
    const reason = `its catalog could not be signed: ${error.message}`;
    return { vault: copy.vault, kind: "unreadable" as const, trouble: "away" as const, reason };
  });
  return { stored: verified.stored && failed.size === 0, copies, memory: changed.memory };
}

/** The first data key goes unnamed, so that catalogs of customers who never changed theirs stay as they are. */
function entryOf(
  { imported, ...backup }: Pick<CatalogEntry, "backupId" | "takenAt"> & { readonly imported: boolean },
  { bytes, sha256, generation }: Extract<VerifiedCopy, { kind: "intact" }>,
): CatalogEntry {
  return {
    ...backup,
    bytes,
    sha256,
    ...(generation === 1 ? {} : { generation }),
    ...(imported ? { imported } : {}),
  };
}
