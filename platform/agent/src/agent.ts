import { existsSync, mkdirSync } from "node:fs";
import { type Clock, systemClock } from "@holdfast/kernel/clock";
import type { TenantId } from "@holdfast/kernel/id";
import { type Log, silentLog } from "@holdfast/kernel/log";
import { type Random, systemRandom } from "@holdfast/kernel/random";
import { type DataFolder, readConfig } from "@holdfast/protocol/data-folder";
import { holdExclusively } from "@holdfast/protocol/exclusive";
import { type Serving, serve } from "@holdfast/protocol/serve";
import { Authority } from "./authority/authority.ts";
import { BackupJobs } from "./backup-jobs.ts";
import { BackupReadings } from "./backup-readings.ts";
import { Catalogs } from "./catalogs.ts";
import { Cluster } from "./cluster/cluster.ts";
import { Clusters } from "./clusters.ts";
import { keepUp, startTogether, watchHoarders } from "./clusters-kept.ts";
import { DataKeyChanges } from "./data-key-changes.ts";
import { DeletionGuard } from "./deletion-guard.ts";
import { agentHandlers } from "./handlers.ts";
import { endLeftJobs, JobRunner } from "./job-runner.ts";
import { KeptManifests } from "./kept-manifests.ts";
import type { Keystore } from "./keystore.ts";
import { openKeys } from "./open-keys.ts";
import { openingLimit } from "./opening-limit.ts";
import { PassingLogins } from "./passing-logins.ts";
import { Proofs } from "./proofs.ts";
import { Restores } from "./restores.ts";
import { serverHandlers } from "./server-handlers.ts";
import type { ShredCertificates } from "./shred-certificates.ts";
import { ourselves, type SystemUser, type Users } from "./system-user.ts";
import { adoptFiles } from "./tenant/adopt-files.ts";
import { Tenants } from "./tenants.ts";
import type { Tombstones } from "./tombstones.ts";
import { Turns } from "./turns.ts";
import { VaultChecks } from "./vault-checks.ts";
import { VaultObjects } from "./vault-objects.ts";
import { VaultRegistry } from "./vault-registry.ts";
import { prepareVaults, type RegisteredVault } from "./vaults.ts";

/** How an agent is started; see {@link startAgent}. */
export interface AgentOptions {
  readonly folder: DataFolder;
  /** Who runs control and backup jobs, and may open the agent's socket. Default: we ourselves. */
  readonly serviceUser?: SystemUser;
  /** Who runs the server, owns the customers' files and may open the server's socket. Default: the service user. */
  readonly serverUser?: SystemUser;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
  /** Where systemd puts this service's credentials; the root key may be one of them. */
  readonly credentialsFolder?: string | undefined;
  /** False only in tests: clusters are made without fsync. */
  readonly sync?: boolean;
}

/** All that the agent works with on this host. */
export interface Agent {
  readonly folder: DataFolder;
  readonly users: Users;
  readonly authority: Authority;
  readonly keystore: Keystore;
  readonly clusters: Clusters;
  readonly tenants: Tenants;
  readonly logins: PassingLogins;
  readonly vaults: readonly RegisteredVault[];
  readonly registry: VaultRegistry;
  readonly checks: VaultChecks;
  readonly catalogs: Catalogs;
  readonly objects: VaultObjects;
  readonly certificates: ShredCertificates;
  readonly guard: DeletionGuard;
  readonly proofs: Proofs;
  /** Makes a new root key. @returns how many records it wraps now. */
  rotateRootKey(): number;
  readonly backups: BackupJobs;
  readonly readings: BackupReadings;
  readonly restores: Restores;
  readonly tombstones: Tombstones;
  readonly dataKeys: DataKeyChanges;
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
  const users = settleUsers(options);
  const { service: serviceUser } = users;
  for (const path of [folder.run, folder.logs, folder.files])
    mkdirSync(path, { recursive: true, mode: 0o711 });
  const keys = openKeys({ folder, clock, random, log, credentialsFolder: options.credentialsFolder });
  const { rootKey, keystore, tombstones, certificates } = keys;
  const authority = new Authority(folder, clock, random);
  const registry = new VaultRegistry({ folder, rootKey, random, writer: serviceUser });
  const vaults = registry.all;
  const left = await endLeftJobs(folder);
  if (left > 0) log("warn", "ended backup jobs that a former agent left running", { jobs: left });
  adoptFiles(folder, users, log);
  await prepareVaults(vaults, serviceUser, log);
  const clusterOptions = { authority, log, sync: options.sync ?? true };
  const all = [new Cluster("main", folder, clusterOptions), new Cluster("control", folder, clusterOptions)];
  await startTogether(all, lock);
  const clusters = new Clusters(all, folder.caFile);
  const turns = new Turns<TenantId>();
  const tenants = new Tenants({ folder, clusters, keystore, certificates, turns, users, random });
  const logins = new PassingLogins({ clusters, turns, clock, random });
  await tenants.settle();
  await logins.settle();
  const jobs = new JobRunner({ folder, vaults, serviceUser, log });
  const objects = new VaultObjects(vaults, jobs);
  const catalogs = new Catalogs({ folder, keystore, vaults, jobs });
  const checks = new VaultChecks({ registry, jobs, objects, writer: serviceUser });
  const proofs = new Proofs(folder.proofs, keystore);
  const manifests = new KeptManifests();
  const shared = {
    manifests,
    folder,
    clock,
    keystore,
    vaults,
    jobs,
    objects,
    catalogs,
    proofs,
    logins,
    turns,
    users,
  };
  const controlTenant = () => (existsSync(folder.config) ? readConfig(folder).controlTenantId : undefined);
  const guard = new DeletionGuard({ ...shared, controlTenant });
  const backups = new BackupJobs({ ...shared, guard });
  const readings = new BackupReadings(shared);
  const restores = new Restores({ ...shared, clusters, backups, readings });
  const dataKeys = new DataKeyChanges({ ...shared, certificates });
  const timers = [keepUp(all, { matchReplicas: keys.match, logins, log }), watchHoarders(all, log)];
  const serving: Serving[] = [];
  const agent: Agent = {
    folder,
    users,
    authority,
    keystore,
    clusters,
    tenants,
    logins,
    vaults,
    registry,
    checks,
    catalogs,
    objects,
    certificates,
    guard,
    proofs,
    rotateRootKey: keys.rotate,
    backups,
    readings,
    restores,
    tombstones,
    dataKeys,
    async close({ clusters: stop = true } = {}) {
      for (const timer of timers) clearInterval(timer);
      await Promise.all(serving.map((socket) => socket.close()));
      await Promise.all(all.map((cluster) => (stop ? cluster.stop() : cluster.leave())));
      await lock.release();
    },
  };
  const openFor = (gid: number) => ({ mode: 0o660, log, gid }) as const;
  const forServer = serverHandlers(agent, openingLimit(log, clock));
  serving.push(
    await serve(folder.agentSocket, agentHandlers(agent), openFor(serviceUser.gid)),
    await serve(folder.agentServerSocket, forServer, openFor(users.server.gid)),
  );
  return agent;
}

/** Whoever works on the customers' files is in the server's group. */
function settleUsers({ serviceUser, serverUser }: AgentOptions): Users {
  const service = serviceUser ?? ourselves();
  const server = serverUser ?? service;
  return { server, service: { ...service, groups: [server.gid] } };
}
