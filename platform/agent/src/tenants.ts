import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId } from "@holdfast/kernel/id";
import type { Random } from "@holdfast/kernel/random";
import type { TenantKeys } from "@holdfast/kernel/tenant-keys";
import type { ClusterName, Connection } from "@holdfast/protocol/agent-methods";
import { type DataFolder, filesOf } from "@holdfast/protocol/data-folder";
import type { Cluster } from "./cluster/cluster.ts";
import type { Clusters } from "./clusters.ts";
import type { Keystore } from "./keystore.ts";
import { scramVerifier } from "./scram.ts";
import type { ShredCertificates } from "./shred-certificates.ts";
import type { Users } from "./system-user.ts";
import { ensureDatabase, isolateAnew, removeDatabase } from "./tenant/database.ts";
import { ensureFiles, removeBesideFiles, removeFiles } from "./tenant/files.ts";
import { ensureRoles, removeRoles } from "./tenant/roles.ts";
import { dropFormer, reopenLive } from "./tenant/swap.ts";
import { tenantNames } from "./tenant-names.ts";
import type { Turns } from "./turns.ts";

/** See {@link Tenants}. */
export interface TenantsOptions {
  readonly folder: DataFolder;
  readonly clusters: Clusters;
  readonly keystore: Keystore;
  readonly certificates: ShredCertificates;
  /** Shared with everything else that changes a tenant. */
  readonly turns: Turns<TenantId>;
  readonly users: Users;
  readonly random: Random;
}

/** All that the server needs to work for a tenant. */
export interface OpenTenant {
  readonly connection: Connection;
  readonly keys: Required<TenantKeys>;
  readonly filesDir: string;
}

/**
 * What the platform may have done to a tenant on this host. Each verb brings about a state and says
 * whether anything had to change, so every one can be run again after a crash anywhere. Verbs on one
 * tenant wait for each other; different tenants do not.
 */
export class Tenants {
  readonly #options: TenantsOptions;

  constructor(options: TenantsOptions) {
    this.#options = options;
  }

  /** Lets in exactly the complete databases, each login as it was made; once per start. */
  async settle(): Promise<void> {
    for (const cluster of this.#options.clusters.all) {
      await cluster.administration.query("REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC");
      await reopenLive(cluster.administration);
      // A damaged record of one tenant is told when that one is opened, and keeps no other out.
      for (const tenantId of await this.#options.clusters.admit(cluster))
        await this.#renew(tenantId, cluster).catch(() => undefined);
    }
  }

  async #renew(tenantId: TenantId, { administration }: Cluster): Promise<void> {
    await isolateAnew(administration, tenantNames(tenantId));
    const password = this.#options.keystore.password(tenantId);
    if (password === undefined) return;
    await ensureRoles(administration, tenantNames(tenantId), scramVerifier(password, this.#options.random));
  }

  ensureRoles(tenantId: TenantId, clusterName: ClusterName): Promise<boolean> {
    const { keystore, random, clusters } = this.#options;
    return this.#alone(tenantId, async () => {
      const made = keystore.ensurePassword(tenantId);
      const verifier = scramVerifier(keystore.password(tenantId) ?? "", random);
      const { administration } = clusters.named(clusterName);
      return (await ensureRoles(administration, tenantNames(tenantId), verifier)) || made;
    });
  }

  ensureDatabase(tenantId: TenantId, clusterName: ClusterName): Promise<boolean> {
    const cluster = this.#options.clusters.named(clusterName);
    return this.#alone(tenantId, async () => {
      const changed = await ensureDatabase(cluster.administration, tenantNames(tenantId));
      await this.#options.clusters.admit(cluster);
      return changed;
    });
  }

  ensureKey(tenantId: TenantId): Promise<boolean> {
    return this.#alone(tenantId, async () => this.#options.keystore.ensureDataKey(tenantId));
  }

  ensureFiles(tenantId: TenantId): Promise<boolean> {
    const { folder, users } = this.#options;
    return this.#alone(tenantId, async () => ensureFiles(folder, tenantId, users));
  }

  removeDatabase(tenantId: TenantId): Promise<boolean> {
    return this.#onEach(tenantId, async (cluster) => {
      const { administration } = cluster;
      const beside = await removeDatabase(administration, tenantNames(tenantId, "beside"));
      const former = await dropFormer(administration, tenantId);
      const changed = await removeDatabase(administration, tenantNames(tenantId));
      await this.#options.clusters.admit(cluster);
      return beside || former || changed;
    });
  }

  /** @throws ExpectedError `conflict` while the database exists. */
  removeRoles(tenantId: TenantId): Promise<boolean> {
    return this.#onEach(tenantId, async (cluster) => {
      const changed = await removeRoles(cluster.administration, tenantId);
      return this.#options.keystore.forgetPassword(tenantId) || changed;
    });
  }

  removeFiles(tenantId: TenantId): Promise<boolean> {
    return this.#alone(tenantId, async () => {
      const beside = removeBesideFiles(this.#options.folder, tenantId);
      return removeFiles(this.#options.folder, tenantId) || beside;
    });
  }

  /** With a name, it ends with a signed certificate. @throws ExpectedError `unavailable` while a place may hold it. */
  shredKey(tenantId: TenantId, subject?: string): Promise<boolean> {
    const { keystore, certificates } = this.#options;
    return this.#alone(tenantId, async () => {
      const { places } = keystore;
      if (subject !== undefined) {
        const keys = keystore.dataKeys(tenantId);
        const formerKeys = (keys?.otherKeys ?? []).map(({ key }) => key);
        certificates.begin({ tenantId, subject, places, dataKey: keys?.dataKey, formerKeys });
      }
      const changed = keystore.shredDataKey(tenantId);
      certificates.finish(tenantId);
      return changed;
    });
  }

  /** @throws ExpectedError `not_found` until all of it exists. */
  async open(tenantId: TenantId): Promise<OpenTenant> {
    const { keystore, folder, clusters } = this.#options;
    const cluster = await clusters.of(tenantId);
    const [password, keys] = [keystore.password(tenantId), keystore.dataKeys(tenantId)];
    if (!password || !keys) throw new ExpectedError("not_found", `tenant ${tenantId} has no key`);
    const user = tenantNames(tenantId).login;
    const connection = clusters.connection(cluster, tenantId, { user, password });
    const otherKeys = (keys.otherKeys ?? []).map(({ key }) => key);
    const lastingKeys = keystore.lastingKeys(tenantId);
    const filesDir = filesOf(folder, tenantId);
    return { connection, keys: { dataKey: keys.dataKey, otherKeys, lastingKeys }, filesDir };
  }

  #alone<T>(tenantId: TenantId, work: () => Promise<T>): Promise<T> {
    return this.#options.turns.run(tenantId, work);
  }

  #onEach(tenantId: TenantId, work: (cluster: Cluster) => Promise<boolean>): Promise<boolean> {
    return this.#alone(tenantId, async () => {
      let changed = false;
      for (const cluster of this.#options.clusters.all) changed = (await work(cluster)) || changed;
      return changed;
    });
  }
}
