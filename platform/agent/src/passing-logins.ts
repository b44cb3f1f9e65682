import type { Clock } from "@holdfast/kernel/clock";
import type { TenantId } from "@holdfast/kernel/id";
import type { Random } from "@holdfast/kernel/random";
import type { Connection } from "@holdfast/protocol/agent-methods";
import { identifier } from "./cluster/administration.ts";
import type { Cluster } from "./cluster/cluster.ts";
import type { Clusters } from "./clusters.ts";
import { scramVerifier } from "./scram.ts";
import { dropPassingRole, makePassingRole, type PassingRole } from "./tenant/roles.ts";
import { type Slot, tenantNames, tenantOfName } from "./tenant-names.ts";
import type { Turns } from "./turns.ts";

const deployMinutes = 15;
const deployConnections = 4;
const readerHours = 24;
const readerConnections = 8;

/** A login that may become the owner of one database for some minutes. */
export interface OpenForDeploy {
  readonly connection: Connection;
  /** The owner: `SET ROLE` to it before the first statement. */
  readonly role: string;
  readonly validUntil: string;
}

/** See {@link PassingLogins}. */
export interface PassingLoginsOptions {
  readonly clusters: Clusters;
  /** Shared with everything else that changes a tenant. */
  readonly turns: Turns<TenantId>;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Logins that are made for one purpose and die with it: to change the schema, to read for a backup.
 * So no password exists that could do either at another time.
 */
export class PassingLogins {
  readonly #options: PassingLoginsOptions;
  readonly #readers = new Map<string, { users: number; connection: Connection }>();

  constructor(options: PassingLoginsOptions) {
    this.#options = options;
  }

  /** @throws ExpectedError `not_found` without a database. A login that was open dies with its sessions. */
  openForDeploy(tenantId: TenantId, slot: Slot = "live"): Promise<OpenForDeploy> {
    const { deploy, owner } = tenantNames(tenantId, slot);
    const validUntil = new Date(this.#options.clock.now() + deployMinutes * 60_000);
    return this.#options.turns.run(tenantId, async () => {
      const connection = await this.#make(tenantId, slot, {
        name: deploy,
        validUntil,
        connections: deployConnections,
        grants: [
          // Not inheriting: without SET ROLE it can do nothing, so nothing ever belongs to a passing role.
          `ALTER ROLE ${identifier(deploy)} NOINHERIT`,
          `GRANT ${identifier(owner)} TO ${identifier(deploy)}`,
        ],
        settings: [
          ["statement_timeout", "10min"],
          ["lock_timeout", "30s"],
          ["search_path", "public"],
        ],
      });
      return { connection, role: owner, validUntil: validUntil.toISOString() };
    });
  }

  /** @returns whether one was open. */
  closeDeploy(tenantId: TenantId, slot: Slot = "live"): Promise<boolean> {
    return this.#options.turns.run(tenantId, () => this.#drop(tenantId, tenantNames(tenantId, slot).deploy));
  }

  /**
   * Lends a connection that reads all of one database and changes nothing, for as long as `work` runs.
   * Users at the same time share it; it dies with the last of them.
   */
  async reading<T>(
    tenantId: TenantId,
    work: (connection: Connection) => Promise<T>,
    slot: Slot = "live",
  ): Promise<T> {
    const { turns } = this.#options;
    const connection = await turns.run(tenantId, () => this.#lendReader(tenantId, slot));
    try {
      return await work(connection);
    } finally {
      await turns.run(tenantId, () => this.#returnReader(tenantId, slot));
    }
  }

  /** Drops what a former agent left open. At the start, when nobody works with any. */
  settle(): Promise<void> {
    return this.#dropChosen(({ reader, expired }) => reader || expired);
  }

  /** Drops deploy logins that nobody closed: their time is over and nobody works with them. */
  sweep(): Promise<void> {
    return this.#dropChosen(({ reader, expired, sessions }) => !reader && expired && sessions === 0);
  }

  async #lendReader(tenantId: TenantId, slot: Slot): Promise<Connection> {
    const { reader } = tenantNames(tenantId, slot);
    const lent = this.#readers.get(reader);
    if (lent) {
      lent.users++;
      return lent.connection;
    }
    const connection = await this.#make(tenantId, slot, {
      name: reader,
      validUntil: new Date(this.#options.clock.now() + readerHours * 3_600_000),
      connections: readerConnections,
      grants: [`GRANT pg_read_all_data TO ${identifier(reader)}`],
      settings: [
        ["default_transaction_read_only", "on"],
        ["search_path", "public"],
      ],
    });
    this.#readers.set(reader, { users: 1, connection });
    return connection;
  }

  async #returnReader(tenantId: TenantId, slot: Slot): Promise<void> {
    const { reader } = tenantNames(tenantId, slot);
    const lent = this.#readers.get(reader);
    if (!lent || --lent.users > 0) return;
    this.#readers.delete(reader);
    await this.#drop(tenantId, reader);
  }

  async #make(tenantId: TenantId, slot: Slot, role: Omit<PassingRole, "verifier">): Promise<Connection> {
    const { clusters, random } = this.#options;
    const cluster = await clusters.of(tenantId);
    const password = Buffer.from(random.bytes(32)).toString("base64url");
    const verifier = scramVerifier(password, random);
    const { database } = tenantNames(tenantId, slot);
    await makePassingRole(cluster.administration, { tenantId, database }, { ...role, verifier });
    return clusters.connection(cluster, tenantId, { user: role.name, password, slot });
  }

  async #drop(tenantId: TenantId, role: string): Promise<boolean> {
    let dropped = false;
    for (const { administration } of this.#options.clusters.all)
      dropped = (await dropPassingRole(administration, tenantId, role)) || dropped;
    return dropped;
  }

  async #dropChosen(chosen: (role: PassingState) => boolean): Promise<void> {
    for (const cluster of this.#options.clusters.all)
      for (const { name } of (await passingRoles(cluster, this.#options.clock)).filter(chosen)) {
        const tenantId = tenantOfName(name);
        if (tenantId !== null) await this.#options.turns.run(tenantId, () => this.#drop(tenantId, name));
      }
  }
}

/** A passing role as it stands in a cluster. */
interface PassingState {
  readonly name: string;
  readonly reader: boolean;
  readonly expired: boolean;
  readonly sessions: number;
}

async function passingRoles(cluster: Cluster, clock: Clock): Promise<PassingState[]> {
  const rows = await cluster.administration.query<{ name: string; until: Date | null; sessions: number }>(`
    SELECT rolname AS name, rolvaliduntil AS until,
      (SELECT count(*)::int FROM pg_stat_activity WHERE usename = rolname) AS sessions
    FROM pg_roles WHERE rolname ~ '^[dbfc]_[0-9a-f]{32}$'`);
  return rows.map(({ name, until, sessions }) => ({
    name,
    sessions,
    reader: /^[bc]_/.test(name),
    expired: (until?.getTime() ?? 0) < clock.now(),
  }));
}
