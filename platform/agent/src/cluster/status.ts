import type { clusterStatus } from "@holdfast/protocol/agent-methods";
import type { OutputOf } from "@holdfast/protocol/method";
import type { Cluster } from "./cluster.ts";

type Status = OutputOf<typeof clusterStatus>["clusters"][number];

/** How a cluster is, asked from the cluster itself; never throws for one that does not answer. */
export async function statusOf(cluster: Cluster): Promise<Status> {
  const known = { name: cluster.name, host: "127.0.0.1", port: cluster.port };
  const unknown = {
    version: null,
    databases: null,
    connections: null,
    maxConnections: null,
    checksums: null,
    tls: null,
  };
  if (!cluster.running) return { ...known, ...unknown, state: "stopped" };
  try {
    const [row] = await cluster.administration.query<Omit<Status, keyof typeof known | "state">>(`
      SELECT current_setting('server_version') AS version,
        (SELECT count(*)::int FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres') AS databases,
        (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
        current_setting('max_connections')::int AS "maxConnections",
        current_setting('data_checksums') = 'on' AS checksums,
        current_setting('ssl') = 'on' AS tls`);
    return { ...known, ...unknown, ...row, state: "running" };
  } catch {
    return { ...known, ...unknown, state: "starting" };
  }
}
