import { join } from "node:path";
import { PassThrough, type Readable } from "node:stream";
import type { JobIdentity, JobTarget } from "@holdfast/backups/jobs";
import type { SignedManifest } from "@holdfast/backups/manifest";
import { objectName } from "@holdfast/backups/object-name";
import type { VaultSpec } from "@holdfast/backups/open-vault";
import type { Clock } from "@holdfast/kernel/clock";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { BackupId, TenantId } from "@holdfast/kernel/id";
import type { Connection } from "@holdfast/protocol/agent-methods";
import type {
  BackupHead,
  compareBackup,
  describeBackup,
  healBackup,
  loadBackup,
  removeBackup,
  takeBackup,
  verifyBackup,
} from "@holdfast/protocol/backup-methods";
import { besideFilesOf, type DataFolder, filesOf } from "@holdfast/protocol/data-folder";
import type { OutputOf } from "@holdfast/protocol/method";
import { pour } from "@holdfast/protocol/pour";
import type { importBackup } from "@holdfast/protocol/transfer-methods";
import type { z } from "zod";
import { headOf, noIntactCopy, summaryOf, writtenCopies } from "./backup-answers.ts";
import { BackupCopies } from "./backup-copies.ts";
import type { ExportRef, LoadRef } from "./backup-refs.ts";
import type { Catalogs } from "./catalogs.ts";
import { binaries } from "./cluster/binaries.ts";
import type { DeletionGuard } from "./deletion-guard.ts";
import type { JobContext, JobRunner } from "./job-runner.ts";
import { KeptManifests } from "./kept-manifests.ts";
import type { Keystore } from "./keystore.ts";
import type { PassingLogins } from "./passing-logins.ts";
import { presentKeys } from "./present-key.ts";
import type { Proofs } from "./proofs.ts";
import { Turns } from "./turns.ts";
import type { BackupObject, VaultObjects } from "./vault-objects.ts";
import type { RegisteredVault } from "./vaults.ts";

/** What waits in memory for a slow reader of a download. */
const streamBytes = 1 << 20;
/** See {@link BackupJobs}. */
export interface BackupJobsOptions {
  readonly folder: DataFolder;
  readonly logins: PassingLogins;
  readonly keystore: Keystore;
  readonly vaults: readonly RegisteredVault[];
  readonly jobs: JobRunner;
  readonly objects: VaultObjects;
  readonly catalogs: Catalogs;
  readonly guard: DeletionGuard;
  readonly proofs: Proofs;
  readonly clock: Clock;
}

/** One backup of one tenant. */
export interface BackupRef {
  readonly tenantId: TenantId;
  readonly backupId: BackupId;
}

/**
 * Backups of this host's tenants, each job in a process of its own that gets no more than it needs: one
 * tenant's key, one passing login, the vaults. Aborting the signal stops a job and leaves nothing of it.
 *
 * Whoever aborts has the answer at once, the job ends a little later. So whatever changes a backup waits
 * for what is still at work on it, and whatever changes a tenant that is loaded into for the load.
 */
export class BackupJobs {
  readonly #options: BackupJobsOptions;
  readonly #manifests = new KeptManifests();
  readonly #jobs: JobRunner;
  readonly #copies: BackupCopies;
  readonly #backups = new Turns<BackupId>();
  readonly #loads = new Turns<TenantId>();

  constructor(options: BackupJobsOptions) {
    this.#options = options;
    this.#jobs = options.jobs;
    this.#copies = new BackupCopies(options);
  }

  /**
   * Reads as a role that cannot write.
   *
   * @throws ExpectedError when no vault took it, `conflict` when there is a backup of this id. Then, and
   * when aborted at any time before the answer, no vault holds anything new.
   */
  take(
    ref: BackupRef & { readonly head: BackupHead },
    context: JobContext,
  ): Promise<OutputOf<typeof takeBackup>> {
    return this.#backups.run(ref.backupId, async () => {
      await this.#refuseExisting(ref);
      try {
        const taken = await this.#take(ref, context);
        context.signal.throwIfAborted();
        return taken;
      } catch (error) {
        await this.#remove(ref);
        throw error;
      }
    });
  }

  #take(
    ref: BackupRef & { readonly head: BackupHead },
    context: JobContext,
  ): Promise<OutputOf<typeof takeBackup>> {
    return this.#options.logins.reading(ref.tenantId, async (connection) => {
      const taken = await this.#jobs.run<"take">(
        {
          ...this.#identity(ref),
          kind: "take",
          database: connection,
          filesDir: filesOf(this.#options.folder, ref.tenantId),
          vaults: this.#specs(),
          head: ref.head,
          pgDump: join(binaries().folder, "pg_dump"),
        },
        context,
      );
      this.#manifests.keep(ref.backupId, taken.signed);
      const { bytes, sha256, copies } = taken;
      return {
        bytes,
        sha256,
        summary: summaryOf(taken.manifest),
        signed: taken.signed,
        ...writtenCopies(copies, sha256),
      };
    });
  }

  /** See BackupCopies. */
  verify(
    ref: BackupRef & {
      readonly sha256?: string | undefined;
      readonly takenAt?: string | undefined;
      readonly imported?: boolean | undefined;
    },
    context: JobContext,
  ): Promise<OutputOf<typeof verifyBackup>> {
    return this.#copies.verify(ref, context);
  }

  /** See BackupCopies; waits for what is at work on the backup. */
  heal(
    ref: BackupRef & { readonly sha256: string },
    context: JobContext,
  ): Promise<OutputOf<typeof healBackup>> {
    return this.#backups.run(ref.backupId, () => this.#copies.heal(ref, context));
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

  /** Takes a zip in as a new backup; see importZip. */
  import(
    ref: BackupRef & { readonly name: string; readonly vouched: boolean },
    zip: Readable,
    context: JobContext,
  ): Promise<z.input<(typeof importBackup)["output"]>> {
    return this.#backups.run(ref.backupId, async () => {
      await this.#refuseExisting(ref);
      try {
        return await this.#options.logins.reading(ref.tenantId, (connection) =>
          this.#import(ref, { zip, connection }, context),
        );
      } catch (error) {
        await this.#remove(ref);
        throw error;
      }
    });
  }

  async #import(
    ref: BackupRef & { readonly name: string; readonly vouched: boolean },
    { zip, connection }: { readonly zip: Readable; readonly connection: Connection },
    context: JobContext,
  ): Promise<z.input<(typeof importBackup)["output"]>> {
    const taken = await this.#jobs.run<"import">(
      {
        ...this.#identity(ref),
        kind: "import",
        vaults: this.#specs(),
        database: connection,
        pgDump: join(binaries().folder, "pg_dump"),
        name: ref.name,
        vouched: ref.vouched,
      },
      context,
      // When either side fails the job says why.
      { onChannel: (channel) => pour(zip, channel) },
    );
    this.#manifests.keep(ref.backupId, taken.signed);
    const { bytes, sha256, copies, manifest, signed, from } = taken;
    return {
      bytes,
      sha256,
      signed,
      from,
      takenAt: manifest.takenAt,
      summary: summaryOf(manifest),
      ...writtenCopies(copies, sha256),
    };
  }

  #signedOf(ref: ExportRef): { signed?: SignedManifest } {
    const signed = ref.signed ?? this.#manifests.get(ref.backupId);
    return signed === undefined ? {} : { signed };
  }

  /** Moves file objects as the service user, whose folders they are. */
  publish(folders: { readonly from: string; readonly to: string }, context: JobContext): Promise<number> {
    return this.#jobs.run<"publish">({ kind: "publish", ...folders }, context);
  }

  /** A vault that does not answer lists nothing. */
  async list(tenantId?: TenantId): Promise<BackupObject[]> {
    return (await this.#options.objects.list(tenantId)).objects;
  }

  /**
   * @returns whether any vault had it, and in which it stays: those that do not answer, or that a lock keeps.
   * @throws ExpectedError `conflict` while a signed catalog names it; see DeletionGuard.
   */
  remove(ref: BackupRef, context: JobContext): Promise<OutputOf<typeof removeBackup>> {
    return this.#backups.run(ref.backupId, async () => {
      await this.#options.guard.refuseNamed(ref, context);
      return this.#remove(ref);
    });
  }

  async #remove({ tenantId, backupId }: BackupRef) {
    const changed = (await this.list(tenantId)).some((object) => object.backupId === backupId);
    const { locked, unanswered } = await this.#options.objects.remove([objectName(tenantId, backupId)], {
      from: this.#options.vaults,
    });
    this.#manifests.delete(backupId);
    const left = [
      ...unanswered.map(({ vault, reason }) => ({ vault, reason, lockedUntil: null })),
      ...locked.map(({ vault, untilMs }) => {
        const lockedUntil = new Date(untilMs).toISOString();
        return { vault, reason: `locked until ${lockedUntil}`, lockedUntil };
      }),
    ];
    return { changed, left };
  }

  async #refuseExisting({ tenantId, backupId }: BackupRef): Promise<void> {
    if ((await this.list(tenantId)).every((object) => object.backupId !== backupId)) return;
    throw new ExpectedError("conflict", `there is a backup ${backupId} already`, {
      hint: "a vault never overwrites: take the backup under a new id",
    });
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
