import type { Attach, Certificate } from "@holdfast/framework/http/hooks";
import { systemClock } from "@holdfast/kernel/clock";
import type { TenantId } from "@holdfast/kernel/id";
import { Catalog } from "@holdfast/panel/catalog";
import { issueCertificate, keysIn, openTenant } from "@holdfast/protocol/agent-methods";
import { call } from "@holdfast/protocol/call";
import { resolveHosts } from "@holdfast/protocol/control-methods";
import { dataFolder, readConfig } from "@holdfast/protocol/data-folder";
import { hostSchema } from "@holdfast/protocol/ids";
import { dueOutgoing, noteOutgoing } from "@holdfast/protocol/outgoing-methods";
import { backupRoutes, erasing } from "./backup-screens/routes.ts";
import { withBackupScreens } from "./backup-screens/with-backup-screens.ts";
import { HostCache } from "./host-cache.ts";

/** Certificates are asked for again after this: the agent renews them long before they end. */
const certificateMilliseconds = 3_600_000;

/**
 * Where the platform attaches to the software's server: hosts come from control, keys and certificates
 * from the agent, each by a socket that carries only this. The server holds no root key and no key of a tenant that it
 * does not serve.
 */
export const attach: Attach = async ({ dataDir }) => {
  const folder = dataFolder(dataDir);
  const config = readConfig(folder);
  const catalog = new Catalog({ outboxDir: folder.outbox });
  const hosts = new HostCache(async (asked) => {
    const { places } = await call(folder.controlServerSocket, resolveHosts, { hosts: [...asked] });
    return places.map((place) => place && { ...place, id: place.tenantId });
  }, systemClock);
  const certificates = new Map<string, { readonly certificate: Certificate; readonly at: number }>();
  const issue = async (host: string) => {
    const known = certificates.get(host);
    if (known && systemClock.now() - known.at < certificateMilliseconds) return known.certificate;
    const certificate = await call(folder.agentServerSocket, issueCertificate, { hosts: [host] });
    certificates.set(host, { certificate, at: systemClock.now() });
    return certificate;
  };
  const control = { controlSocket: folder.controlServerSocket, controlTenantId: config.controlTenantId };
  const screens = { routes: backupRoutes(control, systemClock), erasing: erasing(control) };
  const find = async (host: string) => (hostSchema.safeParse(host).success ? hosts.find(host) : null);
  return {
    port: config.port,
    mail: { host: "127.0.0.1", port: config.smtpPort },
    trustedProxies: config.trustedProxies ?? [],
    outgoing: {
      note: async (tenantId, dueMs) =>
        void (await call(folder.controlServerSocket, noteOutgoing, {
          tenantId: tenantId as TenantId,
          dueMs: dueMs === null ? null : Math.round(dueMs),
        })),
      due: async () => (await call(folder.controlServerSocket, dueOutgoing, {})).hosts,
    },
    findTenant: find,
    findTenants: (open) => hosts.findAll(open),
    openTenant: async (tenantId) => {
      const open = await call(folder.agentServerSocket, openTenant, { tenantId: tenantId as TenantId });
      return { connection: open.connection, ...keysIn(open), filesDir: open.filesDir };
    },
    certificate: async (serverName) => {
      return (await find(serverName)) === null ? null : issue(serverName);
    },
    ownCertificate: () => issue("localhost"),
    loadApp: async (name) => withBackupScreens(catalog.app(name), screens),
    close: async () => certificates.clear(),
  };
};
