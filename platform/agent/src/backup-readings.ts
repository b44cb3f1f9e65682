import { PassThrough, type Readable } from "node:stream";
import type { JobIdentity, JobTarget } from "@holdfast/backups/jobs";
import type { SignedManifest } from "@holdfast/backups/manifest";
import type { VaultSpec } from "@holdfast/backups/open-vault";
import type { Clock } from "@holdfast/kernel/clock";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId } from "@holdfast/kernel/id";
import type { Connection } from "@holdfast/protocol/agent-methods";
import type { compareBackup, describeBackup, loadBackup } from "@holdfast/protocol/backup-methods";
import { besideFilesOf, type DataFolder, filesOf } from "@holdfast/protocol/data-folder";
import type { OutputOf } from "@holdfast/protocol/method";
import { headOf, noIntactCopy, summaryOf } from "./backup-answers.ts";
import { BackupCopies } from "./backup-copies.ts";
import type { BackupRef } from "./backup-jobs.ts";
import type { ExportRef, LoadRef } from "./backup-refs.ts";
import type { Catalogs } from "./catalogs.ts";
import type { JobContext, JobRunner } from "./job-runner.ts";
import type { KeptManifests } from "./kept-manifests.ts";
import type { Keystore } from "./keystore.ts";
import type { PassingLogins } from "./passing-logins.ts";
import { presentKeys } from "./present-key.ts";
import type { Proofs } from "./proofs.ts";
import { Turns } from "./turns.ts";
import type { VaultObjects } from "./vault-objects.ts";
import type { RegisteredVault } from "./vaults.ts";

/** What waits in memory for a slow reader of a download. */
const streamBytes = 1 << 20;
interface ReadingOptions {
  readonly folder: DataFolder;
  readonly logins: PassingLogins;
  readonly keystore: Keystore;
  readonly vaults: readonly RegisteredVault[];
  readonly jobs: JobRunner;
  readonly objects: VaultObjects;
  readonly catalogs: Catalogs;
  readonly proofs: Proofs;
  readonly manifests: KeptManifests;
  readonly clock: Clock;
}

/**
 * What reads stored backups, as {@link BackupJobs} makes them: looks into one, loads it into a database, compares, hands it
 * out. Whatever changes a tenant that is loaded into waits for the load.
 */
export class BackupReadings {
  readonly #options: ReadingOptions;
  readonly #jobs: JobRunner;
  readonly #manifests: KeptManifests;
  readonly #copies: BackupCopies;
  readonly #loads = new Turns<TenantId>();

  constructor(options: ReadingOptions) {
    this.#options = options;
    this.#jobs = options.jobs;
    this.#manifests = options.manifests;
    this.#copies = new BackupCopies(options);
  }

  /** What is in a backup, from the first intact copy. @throws ExpectedError `unavailable` when none is. */
  async describe(ref: BackupRef, context: JobContext): Promise<OutputOf<typeof describeBackup>> {
    const found = await this.#jobs.run<"describe">(
      { ...this.#identity(ref), kind: "describe", vaults: this.#specs() },
      context,
    );
    if (found.kind === "damaged") throw noIntactCopy(found.badCopies);
    this.#manifests.keep(ref.backupId, found.signed);
    return {
      head: headOf(found.manifest),
      takenAt: found.manifest.takenAt,
      summary: summaryOf(found.manifest),
      vault: found.vault,
    };
  }

  /** Loads as the owner of the target, whose tables exist and are empty. All or nothing. */
  load(ref: LoadRef, context: JobContext): Promise<OutputOf<typeof loadBackup>> {
    return this.#loads.run(ref.targetTenantId, () => this.#load(ref, context));
  }

  /** Returns when nothing loads into this tenant any more. */
  loaded(tenantId: TenantId): Promise<void> {
    return this.#loads.run(tenantId, async () => undefined);
  }

  async #load(ref: LoadRef, context: JobContext): Promise<OutputOf<typeof loadBackup>> {
    const { logins } = this.#options;
    context.signal.throwIfAborted();
    const { connection, role } = await logins.openForDeploy(ref.targetTenantId, ref.slot);
    try {
      const target = this.#target(ref, { ...connection, role });
      const found = await this.#jobs.run<"load">(
        { kind: "load", source: this.#identity(ref), vaults: this.#specs(), target },
        context,
      );
      if (found.kind === "damaged") throw noIntactCopy(found.badCopies);
      this.#manifests.keep(ref.backupId, found.signed);
      this.#options.proofs.noteLoaded(ref.tenantId, ref.backupId, ref);
      const refused = found.badCopies.map(({ vault, reason }) => ({ vault, reason }));
      return { vault: found.vault, refused, summary: summaryOf(found.manifest) };
    } finally {
      await logins.closeDeploy(ref.targetTenantId, ref.slot);
    }
  }

  /** Compares a database with the backup's manifest: equal means *proven*. */
  compare(ref: LoadRef, context: JobContext): Promise<OutputOf<typeof compareBackup>> {
    const compare = async (connection: Connection) => {
      const target = this.#target(ref, connection);
      const signed = this.#manifests.get(ref.backupId);
      const compared = await this.#jobs.run<"compare">(
        {
          kind: "compare",
          source: this.#identity(ref),
          vaults: this.#specs(),
          target,
          ...(signed ? { signed } : {}),
        },
        context,
      );
      const at = new Date(this.#options.clock.now()).toISOString();
      this.#options.proofs.noteCompared(ref.tenantId, ref.backupId, { ...ref, equal: compared.equal, at });
      return { ...compared, differences: compared.differences.slice(0, 1_000) };
    };
    return this.#options.logins.reading(ref.targetTenantId, compare, ref.slot);
  }

  /** The beginning of a backup, from the first copy that opens. */
  async peek(ref: BackupRef, context: JobContext) {
    const found = await this.#jobs.run<"peek">(
      { ...this.#identity(ref), kind: "peek", vaults: this.#specs() },
      context,
    );
    if (found.kind === "damaged") throw noIntactCopy(found.badCopies);
    return {
      head: headOf(found.head),
      takenAt: found.head.takenAt,
      tables: found.tables.map(({ name: table, columns, key }) => ({
        name: table,
        columns: [...columns],
        key: [...key],
      })),
      shape: found.shape?.map((table) => ({ ...table, columns: [...table.columns] })) ?? null,
      vault: found.vault,
      refused: found.badCopies.map(({ vault, reason }) => ({ vault, reason })),
      objectBytes: await this.#copies.bytesOf(ref),
    };
  }

  /** A backup as one zip; see exportBackup. The body fails when the job does, and the job ends when nobody reads. */
  async export(ref: ExportRef, context: JobContext): Promise<{ head: { bytes: number }; body: Readable }> {
    const body = new PassThrough({ highWaterMark: streamBytes });
    const started = Promise.withResolvers<{ bytes: number }>();
    const left = new AbortController();
    const ended = this.#jobs.run<"export">(
      {
        ...this.#identity(ref),
        kind: "export",
        vaults: this.#specs(),
        fromByte: ref.fromByte,
        toByte: ref.toByte,
        ...this.#signedOf(ref),
      },
      { ...context, signal: AbortSignal.any([context.signal, left.signal]) },
      { onStarted: started.resolve, onChannel: (channel) => channel.pipe(body, { end: false }) },
    );
    body.once("close", () => left.abort(new ExpectedError("gone", "nobody reads the download any more")));
    ended.then(
      (done) => {
        if (done.kind === "exported") return void body.end();
        const damaged = noIntactCopy(done.badCopies);
        started.reject(damaged);
        body.destroy(damaged);
      },
      (error: unknown) => {
        started.reject(error);
        body.destroy(error as Error);
      },
    );
    body.on("error", () => undefined); // whoever reads it gets it too
    return { head: await started.promise, body };
  }

  #signedOf(ref: ExportRef): { signed?: SignedManifest } {
    const signed = ref.signed ?? this.#manifests.get(ref.backupId);
    return signed === undefined ? {} : { signed };
  }

  #identity({ tenantId, backupId }: BackupRef): JobIdentity {
    return { tenantId, backupId, ...presentKeys(this.#options.keystore, tenantId) };
  }

  #target({ targetTenantId, slot }: LoadRef, database: Connection & { readonly role?: string }): JobTarget {
    const { folder } = this.#options;
    const filesDir = (slot === "beside" ? besideFilesOf : filesOf)(folder, targetTenantId);
    return { database, ...presentKeys(this.#options.keystore, targetTenantId), filesDir };
  }

  #specs(): VaultSpec[] {
    return this.#options.vaults.map(({ spec }) => spec);
  }
}
