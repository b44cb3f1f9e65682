import { createHmac, timingSafeEqual } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { derivedKeys } from "@holdfast/backups/data-keys";
import type { BackupId, TenantId } from "@holdfast/kernel/id";
import { backupIdSchema, tenantIdSchema } from "@holdfast/protocol/ids";
import { z } from "zod";
import { removeDurably, writeDurably } from "./durable-file.ts";
import type { Keystore } from "./keystore.ts";
import type { Slot } from "./tenant-names.ts";

/** Most of each kind that are remembered of one tenant; the oldest go first. */
const most = { loaded: 16, proven: 1_000 } as const;
const signPurpose = "proofs.v1";

const memorySchema = z.strictObject({
  format: z.literal(1),
  tenantId: tenantIdSchema,
  /** Loads after which the database was not compared yet: which backup, and into which database. */
  loaded: z.array(z.strictObject({ backupId: backupIdSchema, into: z.string() })).max(most.loaded),
  proven: z.array(z.strictObject({ backupId: backupIdSchema, at: z.iso.datetime() })).max(most.proven),
});
type Memory = z.output<typeof memorySchema>;

/** Which database of which tenant a backup was loaded into. */
export interface Target {
  readonly targetTenantId: TenantId;
  readonly slot?: Slot | undefined;
}

/**
 * What this agent saw with its own eyes: which backups it loaded from a vault and then found equal, row by row, with
 * their manifest. A small signed file per tenant, so that a deletion rests on no word of control's; without the
 * tenant's key nobody makes one up. A file that is lost or changed proves nothing until the next proof.
 */
export class Proofs {
  readonly #folder: string;
  readonly #keystore: Keystore;

  constructor(folder: string, keystore: Keystore) {
    this.#folder = folder;
    this.#keystore = keystore;
  }

  /** A backup was loaded whole from a vault into a database that was empty before. */
  noteLoaded(tenantId: TenantId, backupId: BackupId, target: Target): void {
    this.#change(tenantId, (memory) => {
      const others = memory.loaded.filter(({ into }) => into !== named(target));
      return { ...memory, loaded: [...others, { backupId, into: named(target) }].slice(-most.loaded) };
    });
  }

  /** A database was compared: a proof only of the very backup that was loaded into it last. */
  noteCompared(tenantId: TenantId, backupId: BackupId, found: Target & { equal: boolean; at: string }): void {
    const wasLoaded = this.#read(tenantId).loaded.some(
      (load) => load.backupId === backupId && load.into === named(found),
    );
    if (!wasLoaded || !found.equal) return;
    this.#change(tenantId, (memory) => ({
      ...memory,
      loaded: memory.loaded.filter(({ into }) => into !== named(found)),
      proven: [
        ...memory.proven.filter((proof) => proof.backupId !== backupId),
        { backupId, at: found.at },
      ].slice(-most.proven),
    }));
  }

  /** @returns the backups of a tenant that were proven here. */
  proven(tenantId: TenantId): ReadonlySet<BackupId> {
    return new Set(this.#read(tenantId).proven.map(({ backupId }) => backupId));
  }

  /** Signs what is known under the current data key, before a former one goes. */
  sign(tenantId: TenantId): void {
    this.#change(tenantId, (memory) => memory);
  }

  /** With a tenant's key go its proofs. */
  forget(tenantId: TenantId): boolean {
    return removeDurably(this.#path(tenantId));
  }

  #change(tenantId: TenantId, change: (memory: Memory) => Memory): void {
    const text = JSON.stringify(memorySchema.parse(change(this.#read(tenantId))));
    const [signature] = this.#signaturesOf(tenantId, text);
    if (signature === undefined) return;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    writeDurably(this.#path(tenantId), `${text}\n${signature}\n`, 0o600);
  }

  #read(tenantId: TenantId): Memory {
    const nothing: Memory = { format: 1, tenantId, loaded: [], proven: [] };
    try {
      const [text = "", signature = ""] = readFileSync(this.#path(tenantId), "utf8").split("\n");
      if (!this.#signaturesOf(tenantId, text).some((computed) => isSame(signature, computed))) return nothing;
      const memory = memorySchema.parse(JSON.parse(text));
      return memory.tenantId === tenantId ? memory : nothing;
    } catch {
      return nothing;
    }
  }

  /** By each of the tenant's data keys, the current one first; none when the key is gone. */
  #signaturesOf(tenantId: TenantId, text: string): string[] {
    const keys = this.#keystore.dataKeys(tenantId);
    if (keys === undefined) return [];
    return derivedKeys(keys, signPurpose).map((key) => createHmac("sha256", key).update(text).digest("hex"));
  }

  #path(tenantId: TenantId): string {
    return join(this.#folder, `${tenantId}.json`);
  }
}

const named = ({ targetTenantId, slot = "live" }: Target): string => `${targetTenantId} ${slot}`;

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.byteLength === b.byteLength && timingSafeEqual(a, b);
}
