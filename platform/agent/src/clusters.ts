import { assert } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId } from "@holdfast/kernel/id";
import type { ClusterName, Connection } from "@holdfast/protocol/agent-methods";
import type { Cluster } from "./cluster/cluster.ts";
import { completeMarks, databaseState } from "./tenant/database.ts";
import { type Slot, tenantNames, tenantOfName } from "./tenant-names.ts";
import { Turns } from "./turns.ts";

/** The clusters of this host and where each tenant lives in them. */
export class Clusters {
  readonly all: readonly Cluster[];
  readonly #caFile: string;
  readonly #turns = new Turns<ClusterName>();

  /** @param caFile - what tenants verify the clusters' certificates with. */
  constructor(all: readonly Cluster[], caFile: string) {
    this.all = all;
    this.#caFile = caFile;
  }

  named(name: ClusterName): Cluster {
    const found = this.all.find((cluster) => cluster.name === name);
    assert(found, "every declared cluster is run");
    return found;
  }

  /** The cluster with this tenant's complete database. @throws ExpectedError `not_found`. */
  async of(tenantId: TenantId): Promise<Cluster> {
    const { database } = tenantNames(tenantId);
    for (const cluster of this.all)
      if ((await databaseState(cluster.administration, database)) === "complete") return cluster;
    throw new ExpectedError("not_found", `tenant ${tenantId} has no database here`, {
      hint: "after a loss docs/keys.md says how its backups become a customer again",
    });
  }

  /**
   * Lets in exactly the complete databases of a cluster. Asking and writing are one turn: two at once
   * could else write the older answer last and lock a new tenant out.
   *
   * @returns whose they are.
   */
  admit(cluster: Cluster): Promise<TenantId[]> {
    return this.#turns.run(cluster.name, async () => {
      const rows = await cluster.administration.query<{ datname: string }>(
        "SELECT datname FROM pg_database WHERE shobj_description(oid, 'pg_database') = ANY($1::text[]) AND datname ~ '^t_'",
        [completeMarks],
      );
      const tenants = rows.map((row) => tenantOfName(row.datname)).filter((tenantId) => tenantId !== null);
      assert(tenants.length === rows.length, "only tenants' databases carry the mark");
      await cluster.allow(tenants);
      return tenants;
    });
  }

  /** How a role of a tenant connects to its database. */
  connection(
    cluster: Cluster,
    tenantId: TenantId,
    { slot = "live", ...login }: { user: string; password: string; slot?: Slot },
  ): Connection {
    const { database } = tenantNames(tenantId, slot);
    return { host: "127.0.0.1", port: cluster.port, database, ...login, caFile: this.#caFile };
  }
}
