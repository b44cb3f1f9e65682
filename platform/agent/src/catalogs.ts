import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CatalogAudit } from "@holdfast/backups/catalog-audit";
import type { Hold } from "@holdfast/backups/catalog-head";
import type { CatalogChanged, CatalogJob } from "@holdfast/backups/catalog-jobs";
import { type CatalogMemory, noMemory } from "@holdfast/backups/catalog-store";
import type { BackupId, TenantId } from "@holdfast/kernel/id";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { z } from "zod";
import { removeDurably, writeDurably } from "./durable-file.ts";
import type { JobContext, JobRunner } from "./job-runner.ts";
import type { Keystore } from "./keystore.ts";
import { presentKeys } from "./present-key.ts";
import { Turns } from "./turns.ts";
import type { RegisteredVault } from "./vaults.ts";

const memorySchema = z.strictObject({
  counter: z.int().nonnegative(),
  vaults: z.record(z.string(), z.strictObject({ counter: z.int().positive(), sha256: z.string() })),
});

/** See {@link Catalogs}. */
export interface CatalogsOptions {
  readonly folder: DataFolder;
  readonly keystore: Keystore;
  readonly vaults: readonly RegisteredVault[];
  readonly jobs: JobRunner;
}

/**
 * The signed catalogs of this host's tenants, with the memory of what was written last into each vault: a small file
 * per tenant, apart from the vaults. Changes of one tenant's catalogs wait for each other.
 */
export class Catalogs {
  readonly #options: CatalogsOptions;
  readonly #turns = new Turns<TenantId>();

  constructor(options: CatalogsOptions) {
    this.#options = options;
  }

  /** Runs what changes a tenant's catalogs, and keeps the memory that it returns. */
  change<T extends { readonly memory?: CatalogMemory }>(
    tenantId: TenantId,
    work: (memory: CatalogMemory) => Promise<T>,
  ): Promise<T> {
    return this.#turns.run(tenantId, async () => {
      const done = await work(this.#read(tenantId));
      if (done.memory !== undefined) this.#write(tenantId, done.memory);
      return done;
    });
  }

  /** Takes a backup out of every catalog; nothing to do for a customer whose key is gone: nobody reads it any more. */
  strike(
    tenantId: TenantId,
    backupId: BackupId,
    context: JobContext,
  ): Promise<Omit<CatalogChanged, "memory">> {
    return this.#job(tenantId, context, { remove: [backupId] });
  }

  /** Lays a legal hold on a tenant in every catalog, or lifts it (null). */
  hold(tenantId: TenantId, hold: Hold | null, context: JobContext): Promise<Omit<CatalogChanged, "memory">> {
    return this.#job(tenantId, context, { hold });
  }

  /** Whether a backup of this tenant was ever entered by this host. */
  knows(tenantId: TenantId): boolean {
    return existsSync(this.#path(tenantId));
  }

  /** Takes the vaults' newest heads as the truth. */
  adopt(tenantId: TenantId, context: JobContext): Promise<Omit<CatalogChanged, "memory">> {
    return this.#job(tenantId, context, { adopt: true });
  }

  /** Signs every catalog under the current data key that a former one signed. */
  sign(tenantId: TenantId, context: JobContext): Promise<Omit<CatalogChanged, "memory">> {
    return this.#job(tenantId, context, {});
  }

  audit(tenantId: TenantId, context: JobContext): Promise<CatalogAudit> {
    return this.#turns.run(tenantId, () =>
      this.#options.jobs.run<"audit">(
        { kind: "audit", ...this.#owner(tenantId), memory: this.#read(tenantId) },
        context,
      ),
    );
  }

  /** With a tenant's key goes what is remembered of its catalogs. */
  forget(tenantId: TenantId): Promise<boolean> {
    return this.#turns.run(tenantId, async () => removeDurably(this.#path(tenantId)));
  }

  #job(
    tenantId: TenantId,
    context: JobContext,
    job: Pick<CatalogJob, "remove" | "adopt" | "hold">,
  ): Promise<Omit<CatalogChanged, "memory">> {
    if (this.#options.keystore.dataKey(tenantId) === undefined) return Promise.resolve({ failed: [] });
    return this.change(tenantId, (memory) =>
      this.#options.jobs.run<"catalog">(
        { kind: "catalog", ...this.#owner(tenantId), memory, ...job },
        context,
      ),
    );
  }

  #owner(tenantId: TenantId) {
    const { keystore, vaults } = this.#options;
    return { tenantId, ...presentKeys(keystore, tenantId), vaults: vaults.map(({ spec }) => spec) };
  }

  #read(tenantId: TenantId): CatalogMemory {
    try {
      return memorySchema.parse(JSON.parse(readFileSync(this.#path(tenantId), "utf8")));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return noMemory;
      throw error;
    }
  }

  #write(tenantId: TenantId, memory: CatalogMemory): void {
    mkdirSync(this.#options.folder.catalogs, { recursive: true, mode: 0o700 });
    writeDurably(this.#path(tenantId), `${JSON.stringify(memory)}\n`, 0o600);
  }

  #path(tenantId: TenantId): string {
    return join(this.#options.folder.catalogs, `${tenantId}.json`);
  }
}
