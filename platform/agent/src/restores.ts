import { statfsSync } from "node:fs";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId } from "@holdfast/kernel/id";
import type { Connection } from "@holdfast/protocol/agent-methods";
import { besideFilesOf, type DataFolder, filesOf } from "@holdfast/protocol/data-folder";
import type { OutputOf } from "@holdfast/protocol/method";
import type { examineRestore, restorePartsOf } from "@holdfast/protocol/restore-methods";
import type { z } from "zod";
import type { BackupJobs, BackupRef } from "./backup-jobs.ts";
import type { BackupReadings } from "./backup-readings.ts";
import type { Cluster } from "./cluster/cluster.ts";
import type { Clusters } from "./clusters.ts";
import type { JobContext, JobRunner } from "./job-runner.ts";
import type { Keystore } from "./keystore.ts";
import type { PassingLogins } from "./passing-logins.ts";
import type { Users } from "./system-user.ts";
import { ensureDatabase, removeDatabase } from "./tenant/database.ts";
import { makeBesideFiles, removeBesideFiles } from "./tenant/files.ts";
import { dropFormer, formerBytes, keepUndone, swapBack, swapIn } from "./tenant/swap.ts";
import { tenantNames } from "./tenant-names.ts";
import type { Turns } from "./turns.ts";

/** See {@link Restores}. */
export interface RestoresOptions {
  readonly folder: DataFolder;
  readonly clusters: Clusters;
  readonly keystore: Keystore;
  readonly backups: BackupJobs;
  readonly readings: BackupReadings;
  readonly logins: PassingLogins;
  readonly jobs: JobRunner;
  /** Shared with everything else that changes a tenant. */
  readonly turns: Turns<TenantId>;
  readonly users: Users;
}

type PartsRequest = z.output<(typeof restorePartsOf)["input"]>;

/**
 * What a restore over a live database needs of this host: a database and a file store beside, made and removed
 * without a touch of the live ones, and the swap of their names. Verbs on one tenant wait for each other.
 */
export class Restores {
  readonly #options: RestoresOptions;

  constructor(options: RestoresOptions) {
    this.#options = options;
  }

  /** Always empty afterwards: a load that died half-way leaves rows behind. */
  async begin(tenantId: TenantId): Promise<boolean> {
    const { folder, users } = this.#options;
    await this.#options.readings.loaded(tenantId);
    return this.#alone(tenantId, async ({ administration }) => {
      const names = tenantNames(tenantId, "beside");
      await removeDatabase(administration, names);
      makeBesideFiles(folder, tenantId, users);
      return ensureDatabase(administration, names);
    });
  }

  async discard(tenantId: TenantId): Promise<boolean> {
    await this.#options.readings.loaded(tenantId);
    return this.#alone(tenantId, async ({ administration }) => {
      const changed = await removeDatabase(administration, tenantNames(tenantId, "beside"));
      return removeBesideFiles(this.#options.folder, tenantId) || changed;
    });
  }

  /** @throws ExpectedError `not_found` when nothing stands beside. */
  async open(tenantId: TenantId): Promise<Connection> {
    const { clusters, keystore } = this.#options;
    const cluster = await clusters.of(tenantId);
    const password = keystore.password(tenantId);
    if (!password) throw new ExpectedError("not_found", `tenant ${tenantId} has no login`);
    const user = tenantNames(tenantId).login;
    return clusters.connection(cluster, tenantId, { user, password, slot: "beside" });
  }

  /** Files first: a row never names one that is not there. What they are called is what they hold, so none is lost. */
  swapIn(tenantId: TenantId, context: JobContext): Promise<boolean> {
    const { folder, backups } = this.#options;
    return this.#alone(tenantId, async ({ administration }) => {
      await backups.publish(
        { from: besideFilesOf(folder, tenantId), to: filesOf(folder, tenantId) },
        context,
      );
      const changed = await swapIn(administration, tenantId);
      removeBesideFiles(folder, tenantId);
      return changed;
    });
  }

  swapBack(tenantId: TenantId): Promise<boolean> {
    return this.#alone(tenantId, ({ administration }) => swapBack(administration, tenantId));
  }

  keepUndone(tenantId: TenantId): Promise<boolean> {
    return this.#alone(tenantId, ({ administration }) => keepUndone(administration, tenantId));
  }

  dropFormer(tenantId: TenantId): Promise<boolean> {
    return this.#alone(tenantId, ({ administration }) => dropFormer(administration, tenantId));
  }

  /**
   * Chosen rows of what stands beside, into the live database. Files first, as at a swap: a row never names one that
   * is not there.
   */
  async parts(input: PartsRequest, context: JobContext): Promise<OutputOf<typeof restorePartsOf>> {
    const { folder, backups, logins, jobs } = this.#options;
    const { tenantId, tables, mode, apply, files } = input;
    if (files && apply !== undefined)
      await backups.publish(
        { from: besideFilesOf(folder, tenantId), to: filesOf(folder, tenantId) },
        context,
      );
    const work = async (source: Connection) => {
      const { connection, role } = await logins.openForDeploy(tenantId);
      try {
        const target = { ...connection, role };
        const done = await jobs.run<"parts">({ kind: "parts", source, target, tables, mode, apply }, context);
        return { ...done, tables: [...done.tables], dangling: [...done.dangling] };
      } finally {
        await logins.closeDeploy(tenantId);
      }
    };
    return logins.reading(tenantId, work, "beside");
  }

  async examine(
    ref: BackupRef & { readonly sourceTenantId: TenantId },
    context: JobContext,
  ): Promise<OutputOf<typeof examineRestore>> {
    const { folder, clusters } = this.#options;
    const peeked = await this.#options.readings.peek(
      { tenantId: ref.sourceTenantId, backupId: ref.backupId },
      context,
    );
    const { administration, dataFolder } = await clusters.of(ref.tenantId);
    const [live] = await administration.query<{ bytes: string }>(
      "SELECT pg_database_size($1)::text AS bytes",
      [tenantNames(ref.tenantId).database],
    );
    return {
      ...peeked,
      liveBytes: Number(live?.bytes ?? 0),
      formerBytes: (await formerBytes(administration, ref.tenantId)) ?? null,
      freeDatabaseBytes: freeBytes(dataFolder),
      freeFileBytes: freeBytes(folder.files),
    };
  }

  #alone<T>(tenantId: TenantId, work: (cluster: Cluster) => Promise<T>): Promise<T> {
    const { turns, clusters } = this.#options;
    return turns.run(tenantId, async () => work(await clusters.of(tenantId)));
  }
}

/** What an ordinary user may still write there. */
function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}
