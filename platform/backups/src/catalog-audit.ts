import { buffer } from "node:stream/consumers";
import type { CatalogEntry, CatalogHead, Hold } from "./catalog-head.ts";
import { type CatalogMemory, type CatalogOwner, readCatalog, type VaultCatalog } from "./catalog-store.ts";
import { containerHeaderBytes, openHeader } from "./container.ts";
import { objectName, parseObjectName } from "./object-name.ts";
import type { Vault } from "./vault.ts";
import { VaultError } from "./vault-error.ts";

/**
 * What somebody did to a vault:
 *
 * - `dropped`: a backup or a head that its catalog names is gone.
 * - `swapped`: under a backup's name lies another object.
 * - `reordered`: a head lies under another number than it was signed with, or its chain does not fit.
 * - `replayed`: an older catalog than the last one is shown as the newest.
 * - `forged`: a head that the customer's key did not sign.
 * - `unlisted`: a backup that no catalog names, older than a day. What a killed job left, or somebody put there.
 * - `behind`: another vault has a newer catalog: it was away, and what is missing there is to be copied.
 * - `away`: it could not be read, so nothing is known.
 */
export type CatalogFindingKind =
  | "dropped"
  | "swapped"
  | "reordered"
  | "replayed"
  | "forged"
  | "unlisted"
  | "behind"
  | "away";

/** One thing that is wrong, in words for a person. */
export interface CatalogFinding {
  readonly kind: CatalogFindingKind;
  readonly vault: string;
  readonly what: string;
  readonly backupId?: string;
}

/** What the vaults say of one customer's backups, and what is wrong with it. */
export interface CatalogAudit {
  readonly findings: readonly CatalogFinding[];
  /** Per vault the newest head that is rightly signed; undefined where there is none. */
  readonly catalogs: readonly {
    readonly vault: string;
    readonly counter: number;
    readonly sha256: string;
    readonly backups: readonly CatalogEntry[];
    readonly held?: Hold | undefined;
  }[];
}

/** A backup of the last day may still be on its way into the catalog. */
const youngMs = 86_400_000;

/**
 * Compares what each vault holds with its signed catalog, the catalogs with one another and with what was written
 * last. Reads heads and the first bytes of each backup; whole contents are read by verifyCopies with the digests that the
 * catalog gives.
 */
export async function auditCatalog(
  vaults: readonly Vault[],
  owner: CatalogOwner,
  { memory, nowMs }: { readonly memory: CatalogMemory; readonly nowMs: number },
): Promise<CatalogAudit> {
  const read = await Promise.all(vaults.map((vault) => auditVault(vault, owner, { memory, nowMs })));
  const known = read.flatMap(({ catalog }) => catalog ?? []);
  const findings = [...read.flatMap((each) => each.findings), ...behindFindings(known)];
  const catalogs = known.flatMap((catalog) => {
    const newest = newestOf(catalog);
    return newest === undefined
      ? []
      : [
          {
            vault: catalog.vault,
            counter: newest.counter,
            sha256: newest.sha256,
            backups: newest.head.backups,
            held: newest.head.held,
          },
        ];
  });
  return { findings, catalogs };
}

async function auditVault(
  vault: Vault,
  owner: CatalogOwner,
  { memory, nowMs }: { readonly memory: CatalogMemory; readonly nowMs: number },
): Promise<{ readonly catalog?: VaultCatalog; readonly findings: readonly CatalogFinding[] }> {
  try {
    const catalog = await readCatalog(vault, owner);
    const objects = await objectFindings(vault, owner, { catalog, nowMs });
    return { catalog, findings: [...chainFindings(catalog, memory), ...objects] };
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    return { findings: [{ kind: "away", vault: vault.place.name, what: error.message }] };
  }
}

/** The newest head that is signed, and lies where it says. */
function newestOf({ heads, vault }: VaultCatalog) {
  for (const { counter, sha256, head } of heads)
    if (head?.counter === counter && head.vault === vault) return { counter, sha256, head };
  return undefined;
}

function chainFindings({ vault, heads }: VaultCatalog, memory: CatalogMemory): CatalogFinding[] {
  const findings: CatalogFinding[] = [];
  for (const [index, { counter, head }] of heads.entries()) {
    if (head === undefined) {
      findings.push({
        kind: "forged",
        vault,
        what: `catalog ${counter} is not signed by this customer's key`,
      });
      continue;
    }
    if (head.counter !== counter || head.vault !== vault) {
      const says = `it was signed as catalog ${head.counter} of ${head.vault}`;
      findings.push({
        kind: "reordered",
        vault,
        what: `under the name of catalog ${counter} lies another: ${says}`,
      });
      continue;
    }
    const older = heads[index + 1];
    if (older !== undefined && head.previous !== older.sha256)
      findings.push({
        kind: "dropped",
        vault,
        what: `a catalog between ${older.counter} and ${counter} is gone`,
      });
    if (older !== undefined && head.previous === null)
      findings.push({ kind: "reordered", vault, what: `catalog ${counter} says that it is the first` });
  }
  return [...findings, ...replayFindings({ vault, heads }, memory)];
}

function replayFindings(
  { vault, heads }: Pick<VaultCatalog, "vault" | "heads">,
  memory: CatalogMemory,
): CatalogFinding[] {
  const known = memory.vaults[vault];
  const [newest] = heads;
  if (known === undefined) return [];
  if (newest === undefined)
    return [{ kind: "dropped", vault, what: `every catalog is gone; the last was ${known.counter}` }];
  if (newest.counter < known.counter)
    return [
      {
        kind: "replayed",
        vault,
        what: `shows catalog ${newest.counter} as its newest; the last written is ${known.counter}`,
      },
    ];
  const same = heads.find(({ counter }) => counter === known.counter);
  if (same !== undefined && same.sha256 !== known.sha256)
    return [
      { kind: "replayed", vault, what: `catalog ${known.counter} is another than the one that was written` },
    ];
  return [];
}

async function objectFindings(
  vault: Vault,
  owner: CatalogOwner,
  { catalog, nowMs }: { readonly catalog: VaultCatalog; readonly nowMs: number },
): Promise<CatalogFinding[]> {
  const listed: readonly CatalogEntry[] = newestOf(catalog)?.head.backups ?? [];
  const findings: CatalogFinding[] = [];
  for (const entry of listed) {
    const name = objectName(owner.tenantId, entry.backupId);
    const object = catalog.backups.find((each) => each.name === name);
    const about = { vault: catalog.vault, backupId: entry.backupId };
    if (object === undefined)
      findings.push({ kind: "dropped", ...about, what: `the backup of ${entry.takenAt} is gone` });
    else if (object.bytes !== entry.bytes || !(await isItself(vault, owner, entry)))
      findings.push({
        kind: "swapped",
        ...about,
        what: `under the name of the backup of ${entry.takenAt} lies another object`,
      });
  }
  for (const { name, storedAtMs } of catalog.backups) {
    const backupId = parseObjectName(name)?.backupId;
    if (
      backupId === undefined ||
      nowMs - storedAtMs < youngMs ||
      listed.some((entry) => entry.backupId === backupId)
    )
      continue;
    findings.push({ kind: "unlisted", vault: catalog.vault, backupId, what: "no catalog names this object" });
  }
  return findings;
}

/** Whether an object begins as the backup that its name says, under this customer's key. */
async function isItself(vault: Vault, owner: CatalogOwner, { backupId }: CatalogEntry): Promise<boolean> {
  const header = await buffer(
    vault.get(objectName(owner.tenantId, backupId), { toByte: containerHeaderBytes }),
  );
  try {
    openHeader(header, { tenantId: owner.tenantId, backupId }, owner);
    return true;
  } catch {
    return false;
  }
}

/** Without a memory of its own: what one vault lists and another, older one does not. */
function behindFindings(catalogs: readonly VaultCatalog[]): CatalogFinding[] {
  const heads = catalogs.map((catalog) => ({ vault: catalog.vault, newest: newestOf(catalog) }));
  const first = heads.reduce<CatalogHead | undefined>(
    (best, { newest }) =>
      newest !== undefined && newest.counter > (best?.counter ?? 0) ? newest.head : best,
    undefined,
  );
  if (first === undefined) return [];
  return heads.flatMap(({ vault, newest }) => {
    const missing = first.backups.filter(
      ({ backupId }) => !newest?.head.backups.some((entry) => entry.backupId === backupId),
    );
    if (newest?.counter === first.counter || missing.length === 0) return [];
    const what = `its catalog is ${newest?.counter ?? "missing"}, that of ${first.vault} is ${first.counter}: ${missing.length} backups are not in it`;
    return [{ kind: "behind" as const, vault, what }];
  });
}
