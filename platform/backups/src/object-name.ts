import { assert } from "@holdfast/kernel/assert";
import { type BackupId, parseId, type TenantId } from "@holdfast/kernel/id";

declare const checked: unique symbol;
/** `<tenant>/<backup>.hfb`, both lower-case UUIDv7: never a path from outside. */
export type ObjectName = string & { readonly [checked]: "vault object" };

/** Names the object of one backup, the same in every vault. */
export function objectName(tenantId: TenantId, backupId: BackupId): ObjectName {
  const name = parseObjectName(`${tenantId}/${backupId}.hfb`);
  assert(name !== undefined, "a vault object is named by two UUIDv7");
  return name.object;
}

/** @returns the parts of a vault object's name, or undefined when it is not one. */
export function parseObjectName(
  text: string,
): { readonly object: ObjectName; readonly tenantId: TenantId; readonly backupId: BackupId } | undefined {
  const [, tenant = "", backup = ""] = /^([0-9a-f-]{36})\/([0-9a-f-]{36})\.hfb$/.exec(text) ?? [];
  const [tenantId, backupId] = [parseId<"tenant">(tenant), parseId<"backup">(backup)];
  if (tenantId === undefined || backupId === undefined) return undefined;
  return { object: text as ObjectName, tenantId, backupId };
}
