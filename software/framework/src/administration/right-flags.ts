import type { AccessOperation, RightOperation } from "../access/policy.ts";

const flags: readonly (readonly [string, RightOperation])[] = [
  ["perm_read", "read"],
  ["perm_write", "write"],
  ["perm_create", "create"],
  ["perm_unlink", "delete"],
  ["perm_export", "export"],
  ["perm_import", "import"],
];

/** What a row of `ir.model.access` allows. */
export function rightsOfRow(row: Readonly<Record<string, unknown>>): RightOperation[] {
  return flags.filter(([flag]) => row[flag] === true).map(([, operation]) => operation);
}

/** What a row of `ir.rule` binds. */
export function operationsOfRow(row: Readonly<Record<string, unknown>>): AccessOperation[] {
  return rightsOfRow(row).filter((one): one is AccessOperation => one !== "export" && one !== "import");
}
