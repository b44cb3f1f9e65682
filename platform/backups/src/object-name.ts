import { assert } from "@holdfast/kernel/assert";
import { type BackupId, parseId, type TenantId } from "@holdfast/kernel/id";

declare const checked: unique symbol;
/** The name of a vault's object, made here or parsed here: never a path from outside. */
export type VaultObjectName = string & { readonly [checked]: "backup" | "head" };
/** `<tenant>/<backup>.hfb`, both lower-case UUIDv7. */
export type ObjectName = string & { readonly [checked]: "backup" };
/** `<tenant>/<counter, 10 digits>.hfh`: a signed catalog head, see catalog-head.ts. */
export type HeadName = string & { readonly [checked]: "head" };

/** A counter has so many digits, so that names sort as counters do. */
const counterDigits = 10;

/** Names the object of one backup, the same in every vault. */
export function objectName(tenantId: TenantId, backupId: BackupId): ObjectName {
  const name = parseObjectName(`${tenantId}/${backupId}.hfb`);
  assert(name !== undefined, "a vault object is named by two UUIDv7");
  return name.object;
}

/** Names the n-th catalog head of a tenant. */
export function headName(tenantId: TenantId, counter: number): HeadName {
  const name = parseHeadName(`${tenantId}/${String(counter).padStart(counterDigits, "0")}.hfh`);
  assert(name !== undefined, "a catalog head is named by a UUIDv7 and a counter of at most ten digits");
  return name.object;
}

/** @returns the parts of a backup's name, or undefined when it is not one. */
export function parseObjectName(
  text: string,
): { readonly object: ObjectName; readonly tenantId: TenantId; readonly backupId: BackupId } | undefined {
  const [, tenant = "", backup = ""] = /^([0-9a-f-]{36})\/([0-9a-f-]{36})\.hfb$/.exec(text) ?? [];
  const [tenantId, backupId] = [parseId<"tenant">(tenant), parseId<"backup">(backup)];
  if (tenantId === undefined || backupId === undefined) return undefined;
  return { object: text as ObjectName, tenantId, backupId };
}

/** @returns the parts of a catalog head's name, or undefined when it is not one. */
export function parseHeadName(
  text: string,
): { readonly object: HeadName; readonly tenantId: TenantId; readonly counter: number } | undefined {
  const [, tenant = "", digits = ""] = /^([0-9a-f-]{36})\/(\d{10})\.hfh$/.exec(text) ?? [];
  const tenantId = parseId<"tenant">(tenant);
  const counter = Number(digits);
  return tenantId === undefined || counter < 1 ? undefined : { object: text as HeadName, tenantId, counter };
}

/** @returns the text as the name of a backup or a head, or undefined when a vault holds no such thing. */
export function parseVaultName(text: string): VaultObjectName | undefined {
  return (parseObjectName(text) ?? parseHeadName(text))?.object;
}
