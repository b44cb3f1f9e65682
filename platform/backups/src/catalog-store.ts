import { buffer } from "node:stream/consumers";
import type { TenantId } from "@holdfast/kernel/id";
import {
  type CatalogEntry,
  type CatalogHead,
  type Hold,
  headDigest,
  maxHeadBytes,
  openSigned,
  signHead,
  statedHead,
} from "./catalog-head.ts";
import type { DataKeys } from "./data-keys.ts";
import { headName, parseHeadName, parseObjectName } from "./object-name.ts";
import type { StoredObject, Vault } from "./vault.ts";
import { VaultError } from "./vault-error.ts";

/** Whose catalog, with the key that signs it. */
export interface CatalogOwner extends DataKeys {
  readonly tenantId: TenantId;
}

/** The newest head that was written to each vault, kept apart from the vaults: tells a vault that shows an older one. */
export interface CatalogMemory {
  readonly counter: number;
  readonly vaults: Readonly<Record<string, { readonly counter: number; readonly sha256: string }>>;
}

/** Nothing is remembered: a new tenant, or one whose host was lost. */
export const noMemory: CatalogMemory = { counter: 0, vaults: {} };

/**
 * One head as it was found; `head` is undefined when its signature or shape is wrong. One that no known key signed is
 * genuine where the genuine head after it names its digest.
 */
export interface FoundHead {
  /** By its name. */
  readonly counter: number;
  readonly sha256: string;
  readonly head: CatalogHead | undefined;
  /** Number of the data key that signed it. */
  readonly signedBy: number | undefined;
}

/** What one vault has of one customer. */
export interface VaultCatalog {
  readonly vault: string;
  /** Newest first. */
  readonly heads: readonly FoundHead[];
  readonly backups: readonly StoredObject[];
}

/** Heads of a vault that are read: those before were pruned, or are in the way of nothing. */
const maxHeads = 100;

/** Reads a vault's heads and lists its backups. @throws VaultError when it cannot be read. */
export async function readCatalog(vault: Vault, owner: CatalogOwner): Promise<VaultCatalog> {
  const { tenantId } = owner;
  const objects = await Array.fromAsync(vault.list(tenantId));
  const counters = objects
    .flatMap(({ name }) => parseHeadName(name)?.counter ?? [])
    .sort((one, other) => other - one)
    .slice(0, maxHeads);
  const heads: FoundHead[] = [];
  for (const counter of counters) {
    const bytes = await buffer(vault.get(headName(tenantId, counter), { toByte: maxHeadBytes }));
    const found = foundHead(counter, bytes, owner);
    const isNamed = heads.at(-1)?.head?.previous === found.sha256;
    heads.push(found.head === undefined && isNamed ? { ...found, head: statedHead(bytes) } : found);
  }
  return {
    vault: vault.place.name,
    heads,
    backups: objects.filter(({ name }) => parseObjectName(name) !== undefined),
  };
}

/** One change of a catalog: what a vault shall list from now on. */
export interface CatalogChange {
  readonly add?: readonly CatalogEntry[];
  readonly remove?: readonly string[];
}

/** What became of the change in one vault. */
export type ChangedHead =
  | { readonly kind: "signed"; readonly vault: string; readonly counter: number; readonly sha256: string }
  | { readonly kind: "failed"; readonly vault: string; readonly error: unknown };

/**
 * Writes a new head into each vault, all under one number, which is higher than any before. A vault whose newest head
 * says so already gets none. A vault that fails stops no other.
 *
 * A vault whose newest head is not the one that was last written there, or does not open, gets no new one: that would
 * sign over what somebody did to it. See auditCatalog; `adopt` takes what is there as the truth (after a recovery).
 */
export async function changeCatalog(
  vaults: readonly Vault[],
  owner: CatalogOwner,
  {
    change,
    memory,
    nowMs,
    adopt = false,
    hold,
  }: {
    /** Sets a legal hold, or lifts it (null); absent: it stays as any of the vaults has it. */
    readonly hold?: Hold | null | undefined;
    readonly change: (vault: string) => CatalogChange;
    readonly memory: CatalogMemory;
    readonly nowMs: number;
    readonly adopt?: boolean;
  },
): Promise<{ readonly heads: readonly ChangedHead[]; readonly memory: CatalogMemory }> {
  const read = await Promise.all(
    vaults.map(async (vault) => ({ vault, ...(await tried(newestHead(vault, owner))) })),
  );
  const counter = 1 + Math.max(memory.counter, ...read.map(({ value }) => value?.counter ?? 0));
  // A vault that was away when the hold was laid learns of it from the others.
  const held = hold === undefined ? heldIn(read.map(({ value }) => value?.head)) : (hold ?? undefined);
  const heads = await Promise.all(
    read.map(async ({ vault, value, error }): Promise<ChangedHead> => {
      const name = vault.place.name;
      if (error !== undefined) return { kind: "failed", vault: name, error };
      const written = await tried(
        writeHead(vault, owner, {
          before: value,
          change: change(name),
          known: memory.vaults[name],
          counter,
          nowMs,
          adopt,
          held,
        }),
      );
      if (written.value === undefined) return { kind: "failed", vault: name, error: written.error };
      return { kind: "signed", vault: name, ...written.value };
    }),
  );
  const signed = heads.flatMap((head) => (head.kind === "signed" ? [head] : []));
  const known = Object.fromEntries(
    signed.map(({ vault, counter: at, sha256 }) => [vault, { counter: at, sha256 }]),
  );
  return {
    heads,
    memory: {
      counter: Math.max(memory.counter, ...signed.map((head) => head.counter)),
      vaults: { ...memory.vaults, ...known },
    },
  };
}

async function newestHead(vault: Vault, owner: CatalogOwner): Promise<FoundHead | undefined> {
  const { tenantId } = owner;
  let newest = 0;
  for await (const { name } of vault.list(tenantId))
    newest = Math.max(newest, parseHeadName(name)?.counter ?? 0);
  if (newest === 0) return undefined;
  const bytes = await buffer(vault.get(headName(tenantId, newest), { toByte: maxHeadBytes }));
  return foundHead(newest, bytes, owner);
}

function foundHead(counter: number, bytes: Buffer, owner: CatalogOwner): FoundHead {
  const opened = openSigned(bytes, owner);
  return { counter, sha256: headDigest(bytes), head: opened?.head, signedBy: opened?.signedBy };
}

interface Writing {
  readonly before: FoundHead | undefined;
  readonly known: { readonly counter: number; readonly sha256: string } | undefined;
  readonly change: CatalogChange;
  readonly counter: number;
  readonly nowMs: number;
  readonly adopt: boolean;
  readonly held: Hold | undefined;
}

/** The hold that any of these catalogs tells of, the oldest first. */
export function heldIn(
  heads: readonly ({ readonly held?: Hold | undefined } | undefined)[],
): Hold | undefined {
  const holds = heads.flatMap((head) => head?.held ?? []);
  return holds.sort((one, other) => one.since.localeCompare(other.since))[0];
}

async function writeHead(
  vault: Vault,
  { tenantId, dataKey, generation = 1 }: CatalogOwner,
  { before, known, change, counter, nowMs, adopt, held }: Writing,
): Promise<{ counter: number; sha256: string }> {
  const name = vault.place.name;
  const isKnown =
    known === undefined || known.sha256 === before?.sha256 || (before?.counter ?? 0) > known.counter;
  const isOurs =
    before === undefined || (before.head?.counter === before.counter && before.head.vault === name);
  if (!adopt && (!isKnown || !isOurs))
    throw new VaultError(name, "lying", {
      why: `shows another catalog (${before?.counter ?? "none"}) than the one that was written last (${known?.counter ?? "none"})`,
    });
  const listed = before?.head?.backups ?? [];
  const backups = changed(listed, change);
  // A head that a former data key signed is signed anew, so that no catalog hangs on that key.
  const isSame = sameEntries(listed, backups) && before?.head?.held?.since === held?.since;
  if (before?.signedBy === generation && isOurs && isSame)
    return { counter: before.counter, sha256: before.sha256 };
  const bytes = signHead(
    {
      format: 1,
      tenantId,
      vault: name,
      counter,
      previous: before?.sha256 ?? null,
      at: new Date(nowMs).toISOString(),
      backups,
      ...(held ? { held } : {}),
    },
    dataKey,
  );
  await vault.put(headName(tenantId, counter), once(bytes));
  return { counter, sha256: headDigest(bytes) };
}

/** By the time they were taken, then by id. */
function changed(listed: readonly CatalogEntry[], { add = [], remove = [] }: CatalogChange): CatalogEntry[] {
  const left = listed.filter(
    ({ backupId }) => !remove.includes(backupId) && add.every((entry) => entry.backupId !== backupId),
  );
  return [...left, ...add].sort((one, other) =>
    one.takenAt === other.takenAt
      ? one.backupId.localeCompare(other.backupId)
      : one.takenAt.localeCompare(other.takenAt),
  );
}

const sameEntries = (one: readonly CatalogEntry[], other: readonly CatalogEntry[]) =>
  JSON.stringify(one) === JSON.stringify(other);

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

async function tried<T>(work: Promise<T>): Promise<{ value?: T; error?: unknown }> {
  try {
    return { value: await work };
  } catch (error) {
    return { error };
  }
}
