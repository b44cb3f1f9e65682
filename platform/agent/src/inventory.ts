import type { inventory } from "@holdfast/protocol/agent-methods";
import type { OutputOf } from "@holdfast/protocol/method";
import type { Agent } from "./agent.ts";
import { administratorRole } from "./cluster/access.ts";
import type { Cluster } from "./cluster/cluster.ts";
import { listFiles } from "./tenant/files.ts";
import { tenantOfName } from "./tenant-names.ts";
import { listObjects } from "./vaults.ts";

type Inventory = OutputOf<typeof inventory>;

/** All that exists of any tenant on this host, and whatever should not: compared before and after faults. */
export async function takeInventory(
  agent: Pick<Agent, "clusters" | "keystore" | "folder" | "vaults">,
): Promise<Inventory> {
  const clusters = agent.clusters.all;
  const named = await Promise.all(
    clusters.map(async (cluster) => [await databasesIn(cluster), await rolesIn(cluster)] as const),
  );
  return {
    databases: named.flatMap(([databases]) => databases),
    roles: named.flatMap(([, roles]) => roles),
    keys: agent.keystore.list(),
    files: listFiles(agent.folder),
    vaultObjects: listObjects(agent.vaults),
  };
}

async function databasesIn(cluster: Cluster): Promise<Inventory["databases"]> {
  const rows = await cluster.administration.query<{ name: string }>(
    "SELECT datname AS name FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1') ORDER BY 1",
  );
  return rows.map(({ name }) => ({ name, tenantId: tenantOfName(name), cluster: cluster.name }));
}

async function rolesIn(cluster: Cluster): Promise<Inventory["roles"]> {
  const rows = await cluster.administration.query<{ name: string }>(
    "SELECT rolname AS name FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> $1 ORDER BY 1",
    [administratorRole],
  );
  return rows.map(({ name }) => ({ name, tenantId: tenantOfName(name), cluster: cluster.name }));
}
