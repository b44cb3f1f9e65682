import { mkdirSync } from "node:fs";
import { type Clock, systemClock } from "@holdfast/kernel/clock";
import { type Log, silentLog } from "@holdfast/kernel/log";
import { type Random, systemRandom } from "@holdfast/kernel/random";
import type { ClusterName } from "@holdfast/protocol/agent-methods";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { holdExclusively } from "@holdfast/protocol/exclusive";
import { type Serving, serve } from "@holdfast/protocol/serve";
import { Authority } from "./authority/authority.ts";
import { BackupJobs } from "./backup-jobs.ts";
import { Cluster } from "./cluster/cluster.ts";
import { agentHandlers } from "./handlers.ts";
import { Keystore } from "./keystore.ts";
import { rootKey } from "./root-key.ts";
import { ourselves, type SystemUser } from "./system-user.ts";
import { Tenants } from "./tenants.ts";
import { type DirectoryVault, directoryVaults, prepareVaults } from "./vaults.ts";

export interface AgentOptions {
  readonly folder: DataFolder;
  /** Who runs control and server: owns files and may open the agent's socket. Default: we ourselves. */
  readonly serviceUser?: SystemUser;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
  /** False only in tests: clusters are made without fsync. */
  readonly sync?: boolean;
}

/** All that the agent works with on this host. */
export interface Agent {
  readonly folder: DataFolder;
  readonly authority: Authority;
  readonly keystore: Keystore;
  readonly clusters: Readonly<Record<ClusterName, Cluster>>;
  readonly tenants: Tenants;
  readonly vaults: readonly DirectoryVault[];
  readonly backups: BackupJobs;
  /** Stops answering; with `clusters` also PostgreSQL, else it goes on for the next agent to keep. */
  close(options?: { readonly clusters?: boolean }): Promise<void>;
}

/**
 * Starts the hands of the platform on this host: makes what is missing (root key, authority, clusters,
 * vaults), starts PostgreSQL, answers on agent.sock.
 *
 * @throws ExpectedError `conflict` when another agent works in this folder, or what lies there is foreign.
 */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { folder, clock = systemClock, random = systemRandom, log = silentLog } = options;
  const lock = await holdExclusively("agent", folder.root);
  const serviceUser = options.serviceUser ?? ourselves();
  for (const path of [folder.run, folder.logs, folder.files])
    mkdirSync(path, { recursive: true, mode: 0o711 });
  const keystore = new Keystore(folder.keystore, rootKey(folder, random), random);
  const authority = new Authority(folder, clock, random);
  const vaults = directoryVaults(folder, serviceUser);
  await prepareVaults(vaults, serviceUser);
  const clusterOptions = { authority, log, sync: options.sync ?? true };
  const clusters = {
    main: new Cluster("main", folder, clusterOptions),
    control: new Cluster("control", folder, clusterOptions),
  };
  await Promise.all([clusters.main.start(), clusters.control.start()]);
  const tenants = new Tenants({ folder, clusters, keystore, serviceUser, clock, random });
  await tenants.settle();
  const backups = new BackupJobs({ folder, tenants, keystore, vaults, serviceUser, log });
  let serving: Serving | undefined;
  const agent: Agent = {
    folder,
    authority,
    keystore,
    clusters,
    tenants,
    vaults,
    backups,
    async close({ clusters: stop = true } = {}) {
      await serving?.close();
      await Promise.all(Object.values(clusters).map((cluster) => (stop ? cluster.stop() : cluster.leave())));
      await lock.release();
    },
  };
  serving = await serve(folder.agentSocket, agentHandlers(agent), { mode: 0o660, gid: serviceUser.gid, log });
  return agent;
}
