import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "@holdfast/kernel/clock";
import type { TenantId } from "@holdfast/kernel/id";
import { type Log, silentLog } from "@holdfast/kernel/log";
import { type Random, systemRandom } from "@holdfast/kernel/random";
import { type DataFolder, readConfig } from "@holdfast/protocol/data-folder";
import { holdExclusively } from "@holdfast/protocol/exclusive";
import { type Serving, serve } from "@holdfast/protocol/serve";
import { Authority } from "./authority/authority.ts";
import { BackupJobs } from "./backup-jobs.ts";
import { Catalogs } from "./catalogs.ts";
import { Cluster } from "./cluster/cluster.ts";
import { endHoarders } from "./cluster/end-hoarders.ts";
import { Clusters } from "./clusters.ts";
import { DataKeyChanges } from "./data-key-changes.ts";
import { DeletionGuard } from "./deletion-guard.ts";
import { agentHandlers } from "./handlers.ts";
import { endLeftJobs, JobRunner } from "./job-runner.ts";
import { Keystore } from "./keystore.ts";
import { KeystoreReplicas, type Matched, replicaFolders } from "./keystore-replicas.ts";
import { openingLimit } from "./opening-limit.ts";
import { PassingLogins } from "./passing-logins.ts";
import { Proofs } from "./proofs.ts";
import { Restores } from "./restores.ts";
import { credentialRootKey, rootKey } from "./root-key.ts";
import { healRotten, isRotating, rotateRootKey } from "./root-rotation.ts";
import { serverHandlers } from "./server-handlers.ts";
import { ShredCertificates } from "./shred-certificates.ts";
import { ourselves, type SystemUser, type Users } from "./system-user.ts";
import { adoptFiles } from "./tenant/adopt-files.ts";
import { Tenants } from "./tenants.ts";
import { Tombstones } from "./tombstones.ts";
import { Turns } from "./turns.ts";
import { VaultChecks } from "./vault-checks.ts";
import { VaultObjects } from "./vault-objects.ts";
import { VaultRegistry } from "./vault-registry.ts";
import { prepareVaults, type RegisteredVault } from "./vaults.ts";

const maintenanceMilliseconds = 600_000;
/** How soon sessions that starve their neighbours are noticed. */
const watchMilliseconds = 500;

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
  const source = credentialRootKey(options.credentialsFolder);
  const root = source === undefined ? rootKey(folder, random) : rootKey(folder, random, source);
  const replicas = new KeystoreReplicas(replicaFolders(folder));
  const keystore = new Keystore(folder.keystore, root, { random, replicas });
  const places = [folder.erased, ...replicaFolders(folder).map((place) => join(place, "erased"))];
  const tombstones = new Tombstones(places, root, random, clock);
  const certificates = new ShredCertificates(folder, clock);
  const isShredded = (id: TenantId): boolean => certificates.has(id);
  const underRoot = { folder, rootKey: root, keystore, tombstones, random, isShredded };
  if (isRotating(folder)) rotateRootKey(underRoot);
  const matchReplicas = (): void => {
    const rotten = healRotten(underRoot);
    if (rotten.length > 0) log("error", "records were left out when the root key was changed", { rotten });
    tellMatched(keystore.matchReplicas(isShredded), log);
    const damaged = tombstones.match();
    if (damaged.length > 0) log("error", "lists of who was erased are damaged in every place", { damaged });
    const split = tombstones.split();
    if (split.length > 0)
      log("error", "two lists of who was erased were found; both count", { tenants: split });
  };
  matchReplicas();
  const authority = new Authority(folder, clock, random);
  const registry = new VaultRegistry({ folder, rootKey: root, random, writer: serviceUser });
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
  const guard = new DeletionGuard({
    catalogs,
    objects,
    keystore,
    proofs,
    clock,
    controlTenant: () => (existsSync(folder.config) ? readConfig(folder).controlTenantId : undefined),
  });
  const backups = new BackupJobs({
    folder,
    logins,
    keystore,
    vaults,
    jobs,
    objects,
    catalogs,
    guard,
    proofs,
    clock,
  });
  const restores = new Restores({
    folder,
    clusters,
    keystore,
    backups,
    logins,
    jobs,
    turns,
    users,
  });
  const dataKeys = new DataKeyChanges({
    folder,
    keystore,
    certificates,
    catalogs,
    vaults,
    proofs,
    jobs,
    turns,
    clock,
  });
  const timers = [keepUp(all, { matchReplicas, logins, log }), watchHoarders(all, log)];
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
    rotateRootKey: () => {
      const { records } = rotateRootKey(underRoot);
      matchReplicas();
      return records;
    },
    backups,
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
  const shared = { mode: 0o660, log } as const;
  serving.push(
    await serve(folder.agentSocket, agentHandlers(agent), { ...shared, gid: serviceUser.gid }),
    await serve(folder.agentServerSocket, serverHandlers(agent, openingLimit(log, clock)), {
      ...shared,
      gid: users.server.gid,
    }),
  );
  return agent;
}

/** Whoever works on the customers' files is in the server's group. */
function settleUsers({ serviceUser, serverUser }: AgentOptions): Users {
  const service = serviceUser ?? ourselves();
  const server = serverUser ?? service;
  return { server, service: { ...service, groups: [server.gid] } };
}

function tellMatched({ away, recovered, unreadable }: Matched, log: Log): void {
  if (away.length > 0) log("error", "replicas of the keystore do not answer", { folders: away });
  if (recovered.length > 0)
    log("error", "records that the keystore had lost came back from a replica", { recovered });
  if (unreadable.length > 0)
    log("error", "records of the keystore open in no place", { records: unreadable });
}

/** Starts all or none: when one is refused, the others are stopped once they are up, and the folder is free. */
async function startTogether(
  clusters: readonly Cluster[],
  lock: { release(): Promise<void> },
): Promise<void> {
  const started = await Promise.allSettled(clusters.map((cluster) => cluster.start()));
  const refused = started.find((result) => result.status === "rejected");
  if (!refused) return;
  await Promise.allSettled(clusters.map((cluster) => cluster.stop()));
  await lock.release();
  throw refused.reason;
}

function keepUp(
  clusters: readonly Cluster[],
  {
    matchReplicas,
    logins,
    log,
  }: { matchReplicas(): void; readonly logins: PassingLogins; readonly log: Log },
): NodeJS.Timeout {
  return setInterval(() => {
    matchReplicas();
    void maintain(clusters, logins, log);
  }, maintenanceMilliseconds).unref();
}

/** One look at a time for each cluster; one that fails (it is restarted just now) is made again by the next. */
function watchHoarders(clusters: readonly Cluster[], log: Log): NodeJS.Timeout {
  const looking = new Set<Cluster>();
  return setInterval(() => {
    for (const cluster of clusters.filter((one) => one.running && !looking.has(one))) {
      looking.add(cluster);
      endHoarders(cluster.administration, log)
        .catch((error: unknown) => log("debug", "sessions could not be looked at", { error }))
        .finally(() => looking.delete(cluster));
    }
  }, watchMilliseconds).unref();
}

/** A failure of one is logged and tried again the next time; it stops nothing else. */
async function maintain(clusters: readonly Cluster[], logins: PassingLogins, log: Log): Promise<void> {
  const done = await Promise.allSettled([...clusters.map((cluster) => cluster.maintain()), logins.sweep()]);
  for (const result of done)
    if (result.status === "rejected") log("error", "maintenance failed", { error: result.reason });
}
