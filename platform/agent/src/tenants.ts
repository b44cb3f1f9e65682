import { assert } from "@holdfast/kernel/assert";
import type { Clock } from "@holdfast/kernel/clock";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId } from "@holdfast/kernel/id";
import type { Random } from "@holdfast/kernel/random";
import type { ClusterName, Connection } from "@holdfast/protocol/agent-methods";
import { type DataFolder, filesOf } from "@holdfast/protocol/data-folder";
import { administratorRole } from "./cluster/access.ts";
import { identifier } from "./cluster/administration.ts";
import type { Cluster } from "./cluster/cluster.ts";
import type { Keystore } from "./keystore.ts";
import { scramVerifier } from "./scram.ts";
import type { SystemUser } from "./system-user.ts";
import { completeMark, databaseState, ensureDatabase, removeDatabase } from "./tenant/database.ts";
import { ensureFiles, removeFiles } from "./tenant/files.ts";
import { dropPassingRole, ensureRoles, makePassingRole, removeRoles } from "./tenant/roles.ts";
import { type TenantNames, tenantNames, tenantOfName } from "./tenant-names.ts";

const deployMinutes = 15;
const deployConnections = 4;
const readerHours = 24;
const readerConnections = 8;

export interface TenantsOptions {
  readonly folder: DataFolder;
  readonly clusters: Readonly<Record<ClusterName, Cluster>>;
  readonly keystore: Keystore;
  readonly serviceUser: SystemUser;
  readonly clock: Clock;
  readonly random: Random;
}

export interface OpenTenant {
  readonly connection: Connection;
  readonly dataKey: Buffer;
  readonly filesDir: string;
}

export interface OpenForDeploy {
  readonly connection: Connection;
  /** The owner: `SET ROLE` to it before the first statement. */
  readonly role: string;
  readonly validUntil: string;
}

/**
 * What the platform may have done to a tenant on this host. Each verb brings about a state and says
 * whether anything had to change, so every one can be run again after a crash anywhere. Verbs on one
 * tenant wait for each other; different tenants do not.
 */
export class Tenants {
  readonly #options: TenantsOptions;
  readonly #turns = new Map<TenantId, Promise<unknown>>();
  readonly #readers = new Map<TenantId, { users: number; connection: Connection }>();

  constructor(options: TenantsOptions) {
    this.#options = options;
  }

  /** Lets in exactly the complete databases, and drops passing roles whose time is over; once per start. */
  async settle(): Promise<void> {
    for (const cluster of this.#clusters()) {
      await this.#admit(cluster);
      await dropExpired(cluster, this.#options.clock);
    }
  }

  ensureRoles(tenantId: TenantId, cluster: ClusterName): Promise<boolean> {
    return this.#alone(tenantId, async () => {
      const { keystore, random } = this.#options;
      const made = keystore.ensurePassword(tenantId);
      const verifier = scramVerifier(keystore.password(tenantId) ?? "", random);
      return (
        (await ensureRoles(this.#cluster(cluster).administration, tenantNames(tenantId), verifier)) || made
      );
    });
  }

  ensureDatabase(tenantId: TenantId, clusterName: ClusterName): Promise<boolean> {
    return this.#alone(tenantId, async () => {
      const cluster = this.#cluster(clusterName);
      const changed = await ensureDatabase(cluster.administration, tenantNames(tenantId));
      await this.#admit(cluster);
      return changed;
    });
  }

  ensureKey(tenantId: TenantId): Promise<boolean> {
    return this.#alone(tenantId, async () => this.#options.keystore.ensureDataKey(tenantId));
  }

  ensureFiles(tenantId: TenantId): Promise<boolean> {
    return this.#alone(tenantId, async () =>
      ensureFiles(this.#options.folder, tenantId, this.#options.serviceUser),
    );
  }

  removeDatabase(tenantId: TenantId): Promise<boolean> {
    return this.#onEach(tenantId, async (cluster, names) => {
      const changed = await removeDatabase(cluster.administration, names);
      await this.#admit(cluster);
      return changed;
    });
  }

  removeRoles(tenantId: TenantId): Promise<boolean> {
    return this.#onEach(tenantId, async (cluster, names) => {
      const changed = await removeRoles(cluster.administration, names);
      return this.#options.keystore.forgetPassword(tenantId) || changed;
    });
  }

  removeFiles(tenantId: TenantId): Promise<boolean> {
    return this.#alone(tenantId, async () => removeFiles(this.#options.folder, tenantId));
  }

  shredKey(tenantId: TenantId): Promise<boolean> {
    return this.#alone(tenantId, async () => this.#options.keystore.shredDataKey(tenantId));
  }

  /** @throws ExpectedError `not_found` until all of it exists. */
  async open(tenantId: TenantId): Promise<OpenTenant> {
    const { keystore, folder } = this.#options;
    const names = tenantNames(tenantId);
    const cluster = await this.#clusterOf(tenantId);
    const [password, dataKey] = [keystore.password(tenantId), keystore.dataKey(tenantId)];
    if (!password || !dataKey) throw new ExpectedError("not_found", `tenant ${tenantId} has no key`);
    return {
      connection: this.#connection(cluster, names, names.login, password),
      dataKey,
      filesDir: filesOf(folder, tenantId),
    };
  }

  openForDeploy(tenantId: TenantId): Promise<OpenForDeploy> {
    return this.#alone(tenantId, async () => {
      const names = tenantNames(tenantId);
      const cluster = await this.#clusterOf(tenantId);
      const password = this.#newPassword();
      const validUntil = new Date(this.#options.clock.now() + deployMinutes * 60_000);
      await makePassingRole(cluster.administration, names.database, {
        name: names.deploy,
        verifier: scramVerifier(password, this.#options.random),
        validUntil,
        connections: deployConnections,
        grants: [
          // Not inheriting: without SET ROLE it can do nothing, so nothing ever belongs to a passing role.
          `ALTER ROLE ${identifier(names.deploy)} NOINHERIT`,
          `GRANT ${identifier(names.owner)} TO ${identifier(names.deploy)}`,
        ],
        settings: [
          ["statement_timeout", "10min"],
          ["lock_timeout", "30s"],
          ["search_path", "public"],
        ],
      });
      const connection = this.#connection(cluster, names, names.deploy, password);
      return { connection, role: names.owner, validUntil: validUntil.toISOString() };
    });
  }

  closeDeploy(tenantId: TenantId): Promise<boolean> {
    return this.#onEach(tenantId, (cluster, names) =>
      dropPassingRole(cluster.administration, names.database, names.deploy),
    );
  }

  /**
   * Lends a connection that reads all of one database and changes nothing, for as long as `work` runs.
   * Users at the same time share it; it dies with the last of them.
   */
  async reading<T>(tenantId: TenantId, work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.#alone(tenantId, () => this.#lendReader(tenantId));
    try {
      return await work(connection);
    } finally {
      await this.#alone(tenantId, () => this.#returnReader(tenantId));
    }
  }

  async #lendReader(tenantId: TenantId): Promise<Connection> {
    const lent = this.#readers.get(tenantId);
    if (lent) {
      lent.users++;
      return lent.connection;
    }
    const names = tenantNames(tenantId);
    const cluster = await this.#clusterOf(tenantId);
    const password = this.#newPassword();
    await makePassingRole(cluster.administration, names.database, {
      name: names.reader,
      verifier: scramVerifier(password, this.#options.random),
      validUntil: new Date(this.#options.clock.now() + readerHours * 3_600_000),
      connections: readerConnections,
      grants: [`GRANT pg_read_all_data TO ${identifier(names.reader)}`],
      settings: [
        ["default_transaction_read_only", "on"],
        ["search_path", "public"],
      ],
    });
    const connection = this.#connection(cluster, names, names.reader, password);
    this.#readers.set(tenantId, { users: 1, connection });
    return connection;
  }

  async #returnReader(tenantId: TenantId): Promise<void> {
    const lent = this.#readers.get(tenantId);
    if (!lent || --lent.users > 0) return;
    this.#readers.delete(tenantId);
    const names = tenantNames(tenantId);
    for (const cluster of this.#clusters())
      await dropPassingRole(cluster.administration, names.database, names.reader);
  }

  #newPassword(): string {
    return Buffer.from(this.#options.random.bytes(32)).toString("base64url");
  }

  #connection(cluster: Cluster, names: TenantNames, user: string, password: string): Connection {
    const caFile = this.#options.folder.caFile;
    return { host: "127.0.0.1", port: cluster.port, database: names.database, user, password, caFile };
  }

  /** The cluster that has this tenant's complete database. */
  async #clusterOf(tenantId: TenantId): Promise<Cluster> {
    const { database } = tenantNames(tenantId);
    for (const cluster of this.#clusters())
      if ((await databaseState(cluster.administration, database)) === "complete") return cluster;
    throw new ExpectedError("not_found", `tenant ${tenantId} has no database here`);
  }

  #cluster(name: ClusterName): Cluster {
    return this.#options.clusters[name];
  }

  #clusters(): readonly Cluster[] {
    return Object.values(this.#options.clusters);
  }

  async #admit(cluster: Cluster): Promise<void> {
    const rows = await cluster.administration.query<{ datname: string }>(
      "SELECT datname FROM pg_database WHERE shobj_description(oid, 'pg_database') = $1",
      [completeMark],
    );
    const tenants = rows.map((row) => tenantOfName(row.datname)).filter((tenantId) => tenantId !== null);
    assert(tenants.length === rows.length, "only tenants' databases carry the mark");
    await cluster.allow(tenants);
  }

  #onEach(
    tenantId: TenantId,
    work: (cluster: Cluster, names: TenantNames) => Promise<boolean>,
  ): Promise<boolean> {
    return this.#alone(tenantId, async () => {
      let changed = false;
      for (const cluster of this.#clusters())
        changed = (await work(cluster, tenantNames(tenantId))) || changed;
      return changed;
    });
  }

  async #alone<T>(tenantId: TenantId, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(tenantId) ?? Promise.resolve();
    const turn = before.then(work, work);
    this.#turns.set(tenantId, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(tenantId) === turn) this.#turns.delete(tenantId);
    }
  }
}

/** Deploy roles whose time is over, and readers of an agent that is no more. */
async function dropExpired(cluster: Cluster, clock: Clock): Promise<void> {
  const rows = await cluster.administration.query<{ rolname: string; rolvaliduntil: Date | null }>(
    "SELECT rolname, rolvaliduntil FROM pg_roles WHERE rolname ~ '^[db]_[0-9a-f]{32}$' AND rolname <> $1",
    [administratorRole],
  );
  for (const { rolname, rolvaliduntil } of rows) {
    const tenantId = tenantOfName(rolname);
    const over = rolname.startsWith("b_") || (rolvaliduntil?.getTime() ?? 0) < clock.now();
    if (tenantId && over)
      await dropPassingRole(cluster.administration, tenantNames(tenantId).database, rolname);
  }
}
