import { join } from "node:path";
import type { Readable } from "node:stream";
import type { JobIdentity } from "@holdfast/backups/jobs";
import { objectName } from "@holdfast/backups/object-name";
import type { VaultSpec } from "@holdfast/backups/open-vault";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { BackupId, TenantId } from "@holdfast/kernel/id";
import type { Connection } from "@holdfast/protocol/agent-methods";
import type {
  BackupHead,
  healBackup,
  removeBackup,
  takeBackup,
  verifyBackup,
} from "@holdfast/protocol/backup-methods";
import { type DataFolder, filesOf } from "@holdfast/protocol/data-folder";
import type { OutputOf } from "@holdfast/protocol/method";
import { pour } from "@holdfast/protocol/pour";
import type { importBackup } from "@holdfast/protocol/transfer-methods";
import type { z } from "zod";
import { summaryOf, writtenCopies } from "./backup-answers.ts";
import { BackupCopies } from "./backup-copies.ts";
import type { Catalogs } from "./catalogs.ts";
import { binaries } from "./cluster/binaries.ts";
import type { DeletionGuard } from "./deletion-guard.ts";
import type { JobContext, JobRunner } from "./job-runner.ts";
import type { KeptManifests } from "./kept-manifests.ts";
import type { Keystore } from "./keystore.ts";
import type { PassingLogins } from "./passing-logins.ts";
import { presentKeys } from "./present-key.ts";
import type { Proofs } from "./proofs.ts";
import { Turns } from "./turns.ts";
import type { BackupObject, VaultObjects } from "./vault-objects.ts";
import type { RegisteredVault } from "./vaults.ts";

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
  readonly manifests: KeptManifests;
}

/** One backup of one tenant. */
export interface BackupRef {
  readonly tenantId: TenantId;
  readonly backupId: BackupId;
}

/**
 * What makes, mends and removes backups of this host's tenants, each job in a process of its own that gets no more than
 * it needs: one tenant's key, one passing login, the vaults. Aborting the signal stops a job and leaves nothing of it.
 *
 * Whoever aborts has the answer at once, the job ends a little later. So whatever changes a backup waits for what is
 * still at work on it.
 */
export class BackupJobs {
  readonly #options: BackupJobsOptions;
  readonly #jobs: JobRunner;
  readonly #copies: BackupCopies;
  readonly #backups = new Turns<BackupId>();

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
      this.#options.manifests.keep(ref.backupId, taken.signed);
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
    this.#options.manifests.keep(ref.backupId, taken.signed);
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
    this.#options.manifests.delete(backupId);
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

  #specs(): VaultSpec[] {
    return this.#options.vaults.map(({ spec }) => spec);
  }
}
