import type { Copy } from "@holdfast/backups/fan-out";
import type { VerifyJob } from "@holdfast/backups/jobs";
import { objectName } from "@holdfast/backups/object-name";
import { assert } from "@holdfast/kernel/assert";
import type { CopyState, healBackup, verifyBackup } from "@holdfast/protocol/backup-methods";
import type { OutputOf } from "@holdfast/protocol/method";
import { asBadCopy, failure, noIntactCopy, stateOf, stored } from "./backup-answers.ts";
import type { BackupJobsOptions, BackupRef } from "./backup-jobs.ts";
import type { JobContext } from "./job-runner.ts";
import { presentKeys } from "./present-key.ts";

type StoredCopy = Extract<CopyState, { state: "stored" }>;

/** A vault that keeps what it has. */
interface NotHealed {
  readonly vault: string;
  readonly reason: string;
}

/** What is done about the copies of one backup, without its database: read back, entered into catalogs, healed. */
export class BackupCopies {
  readonly #options: Pick<BackupJobsOptions, "vaults" | "jobs" | "objects" | "catalogs" | "keystore">;

  constructor(options: Pick<BackupJobsOptions, "vaults" | "jobs" | "objects" | "catalogs" | "keystore">) {
    this.#options = options;
  }

  /**
   * Reads every vault's copy back. A copy with another digest than the one that was written is damaged. With
   * `takenAt` what is whole is entered into its vault's signed catalog.
   */
  async verify(
    ref: BackupRef & {
      readonly sha256?: string | undefined;
      readonly takenAt?: string | undefined;
      readonly imported?: boolean | undefined;
    },
    context: JobContext,
  ): Promise<OutputOf<typeof verifyBackup>> {
    const { takenAt, imported, tenantId } = ref;
    const read = await this.#readBack(ref, context);
    const { copies } =
      takenAt === undefined
        ? await read({})
        : await this.#options.catalogs.change(tenantId, (memory) =>
            read({ enter: { takenAt, imported, memory } }),
          );
    return { copies: copies.map((copy) => (copy.kind === "intact" ? stored(copy) : stateOf(copy))) };
  }

  async #readBack(ref: BackupRef & { readonly sha256?: string | undefined }, context: JobContext) {
    const { sha256 } = ref;
    const expected = sha256 === undefined ? {} : { expected: { bytes: await this.bytesOf(ref), sha256 } };
    const job = {
      tenantId: ref.tenantId,
      backupId: ref.backupId,
      ...presentKeys(this.#options.keystore, ref.tenantId),
      kind: "verify",
      vaults: this.#options.vaults.map(({ spec }) => spec),
      ...expected,
    } as const;
    return (more: Pick<VerifyJob, "enter">) => this.#options.jobs.run<"verify">({ ...job, ...more }, context);
  }

  /**
   * Copies an intact copy's bytes over what is damaged or missing. A damaged object is removed only once
   * another was read whole just before, and by us: the writer's user cannot.
   */
  async heal(
    ref: BackupRef & { readonly sha256: string },
    context: JobContext,
  ): Promise<OutputOf<typeof healBackup>> {
    const { copies } = await this.verify(ref, context);
    const intact = copies.find((copy) => copy.state === "stored");
    const bad = copies.filter((copy) => copy.state !== "stored");
    if (!intact) throw noIntactCopy(bad.map(asBadCopy), "take another backup");
    const away = bad.flatMap((copy) =>
      copy.state === "away" ? [{ vault: copy.vault, reason: copy.reason, trouble: "away" as const }] : [],
    );
    const to = bad.filter(({ state }) => state !== "away").map(({ vault }) => vault);
    if (to.length === 0) return { from: null, healed: [], failed: away };
    const { made, kept } = await this.#copy(ref, { intact, to }, context);
    return {
      from: intact.vault,
      healed: made.flatMap((copy) => (copy.kind === "written" ? [copy.vault] : [])),
      failed: [...made.flatMap((copy) => (copy.kind === "failed" ? [failure(copy)] : [])), ...kept, ...away],
    };
  }

  async #copy(
    { tenantId, backupId }: BackupRef,
    { intact, to }: { readonly intact: StoredCopy; readonly to: readonly string[] },
    context: JobContext,
  ): Promise<{ readonly made: readonly Copy[]; readonly kept: readonly NotHealed[] }> {
    const name = objectName(tenantId, backupId);
    const wanted = this.#options.vaults.filter((vault) => to.includes(vault.name));
    // An object that is damaged goes, even under a governance lock: another was read whole a moment ago.
    const { locked, unanswered } = await this.#options.objects.remove([name], { from: wanted, bypass: true });
    const kept = [
      ...unanswered.map(({ vault, reason }) => ({ vault, reason })),
      ...locked.map(({ vault, untilMs }) => ({
        vault,
        reason: `vault "${vault}" keeps the damaged object until ${new Date(untilMs).toISOString()}`,
      })),
    ];
    const targets = wanted.filter((vault) => kept.every((each) => each.vault !== vault.name));
    if (targets.length === 0) return { made: [], kept };
    const from = this.#options.vaults.find((vault) => vault.name === intact.vault);
    assert(from !== undefined, "a copy that was read is in one of our vaults");
    const made = await this.#options.jobs.run<"copy">(
      {
        kind: "copy",
        tenantId,
        backupId,
        from: from.spec,
        to: targets.map(({ spec }) => spec),
        expected: { bytes: intact.bytes, sha256: intact.sha256 },
      },
      context,
    );
    return { made, kept };
  }

  /** The size of a stored copy, to show how far reading back is; 0 when none is stored. */
  async bytesOf({ tenantId, backupId }: BackupRef): Promise<number> {
    const { objects } = await this.#options.objects.list(tenantId);
    const copies = objects.filter((object) => object.backupId === backupId);
    return Math.max(0, ...copies.map(({ bytes }) => bytes));
  }
}
