import type { TenantId } from "@holdfast/kernel/id";
import { tenantNames } from "../tenant-names.ts";

/** The superuser of a cluster; reached over the local socket by the agent's system user alone. */
export const administratorRole = "holdfast";

/**
 * The whole pg_hba.conf: the administrator over the socket, each known tenant's roles to its own
 * database (and to the one that a restore makes beside it) over TLS with a password, nothing else. A tenant without a line cannot be reached even
 * with the right password and a mistaken grant (claim ISO-2).
 */
export function hostAccess(tenants: readonly TenantId[]): string {
  const lines = [...tenants].sort().flatMap((tenantId) =>
    (["live", "beside"] as const).map((slot) => {
      const { database, login, deploy, reader } = tenantNames(tenantId, slot);
      return `hostssl ${database} ${login},${deploy},${reader} 127.0.0.1/32 scram-sha-256`;
    }),
  );
  return [
    "# Written by the agent; changes here are lost.",
    `local all ${administratorRole} peer map=agent`,
    ...lines,
    "local all all reject",
    "host all all all reject",
    "",
  ].join("\n");
}

/** The whole pg_ident.conf: which system user is the administrator. */
export function identities(agentUserName: string): string {
  return `# Written by the agent; changes here are lost.\nagent "${agentUserName}" ${administratorRole}\n`;
}
