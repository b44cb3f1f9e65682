import type { Resealed } from "@holdfast/backups/reseal";
import type { Clock } from "@holdfast/kernel/clock";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId } from "@holdfast/kernel/id";
import { type DataFolder, filesOf } from "@holdfast/protocol/data-folder";
import type { Catalogs } from "./catalogs.ts";
import type { JobContext, JobRunner } from "./job-runner.ts";
import type { FormerKey, Keystore } from "./keystore.ts";
import { presentKeys } from "./present-key.ts";
import type { Proofs } from "./proofs.ts";
import type { ShredCertificates } from "./shred-certificates.ts";
import type { Turns } from "./turns.ts";
import type { RegisteredVault } from "./vaults.ts";

/** A server may still store a file under the former key: twice as long as it trusts keys that it was told. */
export const quietMs = 600_000;

/** See {@link DataKeyChanges}. */
export interface DataKeyChangesOptions {
  readonly folder: DataFolder;
  readonly keystore: Keystore;
  readonly certificates: ShredCertificates;
  readonly catalogs: Catalogs;
  readonly vaults: readonly RegisteredVault[];
  readonly proofs: Proofs;
  readonly jobs: JobRunner;
  /** Shared with everything else that changes a tenant. */
  readonly turns: Turns<TenantId>;
  readonly clock: Clock;
}

/** Which former data key goes. */
export interface Destroying {
  readonly generation: number;
  /** The customer's name, for the certificate. */
  readonly subject: string;
  /** Without waiting until no request from before the change can be under way: what it stores is lost. */
  readonly now: boolean;
}

/**
 * The change of one customer's data key while everything goes on: a new one beside the former, files sealed anew in
 * batches, and the former destroyed once nothing needs it. That, the agent sees for itself. Source: claim ENC-5.
 */
export class DataKeyChanges {
  readonly #options: DataKeyChangesOptions;

  constructor(options: DataKeyChangesOptions) {
    this.#options = options;
  }

  /** Which data key is the current one, and which former ones are kept. */
  look(tenantId: TenantId): { readonly generation: number; readonly former: FormerKey[] } {
    const { keystore } = this.#options;
    return { generation: keystore.dataKeys(tenantId)?.generation ?? 0, former: keystore.former(tenantId) };
  }

  /** See Keystore.renewDataKey. */
  renew(tenantId: TenantId, from: number): Promise<boolean> {
    const { keystore, clock, turns } = this.#options;
    const at = new Date(clock.now()).toISOString();
    return turns.run(tenantId, async () => keystore.renewDataKey(tenantId, { from, at }));
  }

  /** One batch; see resealFiles. */
  reseal(tenantId: TenantId, after: string, context: JobContext): Promise<Resealed> {
    const { jobs, keystore, folder } = this.#options;
    const job = { kind: "reseal", filesDir: filesOf(folder, tenantId), after } as const;
    return jobs.run<"reseal">({ ...job, ...presentKeys(keystore, tenantId) }, context);
  }

  /**
   * Destroys a former data key in every place that holds it, and signs that it is. Safe to run again.
   *
   * @throws ExpectedError `conflict` while a backup is under it, or a file might come to be; `unavailable` while a
   * vault or a replica of the keystore does not answer.
   */
  async destroy(tenantId: TenantId, wish: Destroying, context: JobContext): Promise<boolean> {
    const { keystore, certificates, proofs, turns } = this.#options;
    const { generation, subject } = wish;
    if (generation >= this.look(tenantId).generation) throw refused(generation, "it is no former one");
    if (this.#formerOf(tenantId, generation) !== undefined) {
      await this.#refuseNeeded(tenantId, wish, context);
      for (let after: string | null = ""; after !== null; )
        after = (await this.reseal(tenantId, after, context)).next;
      proofs.sign(tenantId);
    }
    return turns.run(tenantId, async () => {
      const dataKey = keystore
        .dataKeys(tenantId)
        ?.otherKeys?.find((each) => each.generation === generation)?.key;
      certificates.begin({ tenantId, subject, dataKey, places: keystore.places, generation });
      const changed = keystore.destroyFormer(tenantId, generation);
      certificates.finish(tenantId, generation);
      return changed;
    });
  }

  #formerOf(tenantId: TenantId, generation: number): FormerKey | undefined {
    return this.#options.keystore.former(tenantId).find((each) => each.generation === generation);
  }

  async #refuseNeeded(
    tenantId: TenantId,
    { generation, now }: Destroying,
    context: JobContext,
  ): Promise<void> {
    const { catalogs, vaults, clock } = this.#options;
    // The last change counts, whichever key goes: a server may hold an older one until it learns of that.
    const until = Math.max(...this.look(tenantId).former.map((each) => Date.parse(each.until)));
    if (!now && clock.now() - until < quietMs)
      throw refused(generation, "an upload that began before the change may not have ended");
    const { failed } = await catalogs.sign(tenantId, context);
    const found = await catalogs.audit(tenantId, context);
    const answered = new Set(found.catalogs.map(({ vault }) => vault));
    const [silent] = found.catalogs.length === 0 ? [] : vaults.filter(({ name }) => !answered.has(name));
    const away = found.findings.find(({ kind }) => kind === "away");
    if (failed.length > 0 || away !== undefined || silent !== undefined)
      throw new ExpectedError("unavailable", "a key is destroyed only while every vault answers", {
        hint: "bin/holdfast vault check",
      });
    const under = found.catalogs.flatMap(({ backups }) =>
      backups.filter((entry) => (entry.generation ?? 1) === generation),
    );
    if (under.length > 0) throw refused(generation, "a signed catalog names backups under it");
  }
}

const refused = (generation: number, why: string): ExpectedError =>
  new ExpectedError("conflict", `the agent does not destroy data key ${generation}: ${why}`, {
    hint: "it goes by itself once retention has deleted the last backup under it",
  });
