import type { CatalogAudit } from "@holdfast/backups/catalog-audit";
import type { Hold } from "@holdfast/backups/catalog-head";
import { heldIn } from "@holdfast/backups/catalog-store";
import { controlBackupsToKeep } from "@holdfast/backups/kept-backups";
import { backupsToKeep, standardRetention } from "@holdfast/backups/retention";
import type { Clock } from "@holdfast/kernel/clock";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { BackupId, TenantId } from "@holdfast/kernel/id";
import type { BackupRef } from "./backup-jobs.ts";
import type { Catalogs } from "./catalogs.ts";
import type { JobContext } from "./job-runner.ts";
import type { Keystore } from "./keystore.ts";
import type { Proofs } from "./proofs.ts";
import { Turns } from "./turns.ts";
import type { VaultObjects } from "./vault-objects.ts";

/** See {@link DeletionGuard}. */
export interface DeletionGuardOptions {
  readonly catalogs: Catalogs;
  readonly objects: VaultObjects;
  readonly keystore: Keystore;
  readonly proofs: Proofs;
  readonly clock: Clock;
  /** Its backups have a plan of their own and are never restored to prove them. */
  readonly controlTenant: () => TenantId | undefined;
}

/** One backup by what the vaults say of it, and not by what control says. */
interface Known {
  readonly backupId: BackupId;
  readonly takenAtMs: number;
  /** When the vault that has it longest got it: nobody dates that back. */
  readonly storedAtMs: number;
}

/**
 * Whether a backup may go, judged without control: by the signed catalogs, by when the vaults got it, and by the proofs
 * that this agent saw itself. So a control that lies, or was taken over, cannot have a customer's backups
 * deleted one by one. What no catalog names was never *stored* and may go; of a customer whose key is gone nothing opens
 * any more.
 */
export class DeletionGuard {
  readonly #options: DeletionGuardOptions;
  readonly #turns = new Turns<TenantId>();

  constructor(options: DeletionGuardOptions) {
    this.#options = options;
  }

  /**
   * Takes a backup out of the catalogs; one at a time of a customer, so that two are not each other's reason.
   *
   * @throws ExpectedError `conflict` when the plan needs it, or no newer one was seen proven here.
   */
  strike(ref: BackupRef, context: JobContext): ReturnType<Catalogs["strike"]> {
    return this.#turns.run(ref.tenantId, async () => {
      await this.#refuseNeeded(ref, context);
      return this.#options.catalogs.strike(ref.tenantId, ref.backupId, context);
    });
  }

  /**
   * Before a customer's key is destroyed, which deletes every backup. Of one of whom no backup was ever entered there is
   * nothing to hold; a vault that is away says nothing.
   *
   * @throws ExpectedError `conflict` while a signed catalog tells of a legal hold.
   */
  async refuseHeld(tenantId: TenantId, context: JobContext): Promise<void> {
    if (this.#isShredded(tenantId) || !this.#options.catalogs.knows(tenantId)) return;
    const { catalogs } = await this.#options.catalogs.audit(tenantId, context);
    const held = heldIn(catalogs);
    if (held !== undefined) throw underHold(held);
  }

  async #refuseNeeded({ tenantId, backupId }: BackupRef, context: JobContext): Promise<void> {
    if (this.#isShredded(tenantId)) return;
    const known = await this.#known(tenantId, context);
    const target = known.find((each) => each.backupId === backupId);
    if (target === undefined) return;
    const why =
      tenantId === this.#options.controlTenant()
        ? this.#neededByControlPlan(known, target)
        : neededByPlan(known, target, this.#options.proofs.proven(tenantId));
    if (why !== undefined) throw refused(backupId, why);
  }

  /** Before its objects go. @throws ExpectedError `conflict` while a vault's signed catalog names it. */
  async refuseNamed({ tenantId, backupId }: BackupRef, context: JobContext): Promise<void> {
    if (this.#isShredded(tenantId)) return;
    const { objects } = await this.#options.objects.list(tenantId);
    if (objects.every((object) => object.backupId !== backupId)) return;
    const { catalogs } = await this.#options.catalogs.audit(tenantId, context);
    if (catalogs.some(({ backups }) => backups.some((entry) => entry.backupId === backupId)))
      throw refused(backupId, "a signed catalog names it");
  }

  #isShredded(tenantId: TenantId): boolean {
    return this.#options.keystore.dataKey(tenantId) === undefined;
  }

  async #known(tenantId: TenantId, context: JobContext): Promise<Known[]> {
    const { catalogs } = await this.#options.catalogs.audit(tenantId, context);
    const held = heldIn(catalogs);
    if (held !== undefined) throw underHold(held);
    const { objects } = await this.#options.objects.list(tenantId);
    const storedAt = new Map<BackupId, number>();
    for (const { backupId, storedAtMs } of objects)
      storedAt.set(backupId, Math.min(storedAtMs, storedAt.get(backupId) ?? Number.POSITIVE_INFINITY));
    return [...entriesOf(catalogs)].map(([backupId, takenAtMs]) => {
      return { backupId, takenAtMs, storedAtMs: storedAt.get(backupId) ?? takenAtMs };
    });
  }

  #neededByControlPlan(known: readonly Known[], target: Known): string | undefined {
    const taken = known.map(({ takenAtMs }) => takenAtMs);
    const nowMs = Math.max(this.#options.clock.now(), ...taken);
    return controlBackupsToKeep(taken, nowMs).has(target.takenAtMs)
      ? "the plan of the control database needs it"
      : undefined;
  }
}

/** By both times: entries with forged dates fill no slot by the time of the vaults. */
function neededByPlan(
  known: readonly Known[],
  target: Known,
  proven: ReadonlySet<BackupId>,
): string | undefined {
  const newer = known.some(
    (each) =>
      proven.has(each.backupId) && each.takenAtMs > target.takenAtMs && each.storedAtMs > target.storedAtMs,
  );
  if (!newer) return "this host saw no newer one proven";
  const times = [(each: Known) => each.takenAtMs, (each: Known) => each.storedAtMs];
  return times.some((timeOf) => isOnlyOneOfKeptDay(known, target, timeOf))
    ? "the plan of daily, weekly and monthly backups needs it"
    : undefined;
}

/** Which of a day's backups stays is control's to choose; that one of each day of the plan does is not. */
function isOnlyOneOfKeptDay(
  known: readonly Known[],
  target: Known,
  timeOf: (each: Known) => number,
): boolean {
  const dayOf = (each: Known): string => new Date(timeOf(each)).toISOString().slice(0, 10);
  const ofDay = known.filter((each) => dayOf(each) === dayOf(target));
  const days = [...new Set(known.map(dayOf))];
  return ofDay.length === 1 && backupsToKeep(days, standardRetention).includes(dayOf(target));
}

function entriesOf(catalogs: CatalogAudit["catalogs"]): ReadonlyMap<BackupId, number> {
  const entries = new Map<BackupId, number>();
  for (const { backupId, takenAt } of catalogs.flatMap(({ backups }) => backups))
    entries.set(backupId, Math.max(Date.parse(takenAt), entries.get(backupId) ?? 0));
  return entries;
}

const underHold = ({ since, reason }: Hold): ExpectedError =>
  new ExpectedError("conflict", `a legal hold lies on this customer since ${since}: ${reason}`, {
    hint: "an operator lifts it: bin/holdfast customer hold NAME --lift",
  });

const refused = (backupId: BackupId, why: string): ExpectedError =>
  new ExpectedError("conflict", `the agent does not delete backup ${backupId}: ${why}`, {
    hint: "prove a newer one first: bin/holdfast backup prove",
  });
