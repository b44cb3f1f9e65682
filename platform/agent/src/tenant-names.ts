import { parseId, type TenantId } from "@holdfast/kernel/id";

/**
 * What a tenant is called inside PostgreSQL. Shared catalogs show these names to every role of the
 * cluster, so they say nothing (claim ISO-2).
 */
export interface TenantNames {
  readonly database: string;
  /** Owns the schema; no login. */
  readonly owner: string;
  /** Logs in for rows; no DDL. */
  readonly login: string;
  /** Logs in for minutes and becomes the owner. */
  readonly deploy: string;
  /** Logs in for one backup and reads. */
  readonly reader: string;
}

/** Which of a tenant's databases: the one that is served, or the one that a restore makes beside it. */
export type Slot = "live" | "beside";

/**
 * Pure: the names follow from the id alone, so nothing has to be remembered. What is made beside has passing
 * logins of its own, so that a restore and a backup of the live database do not end each other's.
 */
export function tenantNames(tenantId: TenantId, slot: Slot = "live"): TenantNames {
  const hex = tenantId.replaceAll("-", "");
  const [database, deploy, reader] = slot === "live" ? ["t", "d", "b"] : ["n", "f", "c"];
  return {
    database: `${database}_${hex}`,
    owner: `o_${hex}`,
    login: `r_${hex}`,
    deploy: `${deploy}_${hex}`,
    reader: `${reader}_${hex}`,
  };
}

/** The database that was live before a restore took its place; nobody may enter it. */
export function formerDatabase(tenantId: TenantId): string {
  return `u_${tenantId.replaceAll("-", "")}`;
}

/** Every database that a tenant can have. */
export function allDatabases(tenantId: TenantId): readonly string[] {
  return [tenantNames(tenantId).database, tenantNames(tenantId, "beside").database, formerDatabase(tenantId)];
}

const shape = /^[tordbnufc]_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/;

/** @returns whose database or role this is, or null when the name is none of ours. */
export function tenantOfName(name: string): TenantId | null {
  const parts = shape.exec(name);
  return parts ? (parseId<"tenant">(parts.slice(1).join("-")) ?? null) : null;
}
