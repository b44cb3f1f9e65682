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

/** Pure: the names follow from the id alone, so nothing has to be remembered. */
export function tenantNames(tenantId: TenantId): TenantNames {
  const hex = tenantId.replaceAll("-", "");
  return {
    database: `t_${hex}`,
    owner: `o_${hex}`,
    login: `r_${hex}`,
    deploy: `d_${hex}`,
    reader: `b_${hex}`,
  };
}

const shape = /^[tordb]_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/;

/** @returns whose database or role this is, or null when the name is none of ours. */
export function tenantOfName(name: string): TenantId | null {
  const parts = shape.exec(name);
  return parts ? (parseId<"tenant">(parts.slice(1).join("-")) ?? null) : null;
}
