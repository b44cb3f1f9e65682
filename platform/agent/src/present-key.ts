import type { JobKeys } from "@holdfast/backups/data-keys";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId } from "@holdfast/kernel/id";
import type { Keystore } from "./keystore.ts";

/** A tenant's data keys, for a job. @throws ExpectedError `gone` when there is none. */
export function presentKeys(keystore: Keystore, tenantId: TenantId): JobKeys {
  const keys = keystore.dataKeys(tenantId);
  if (keys === undefined)
    throw new ExpectedError("gone", `the data key of tenant ${tenantId} does not exist or was shredded`, {
      hint: "without it nobody can read this backup",
    });
  const base64 = (key: Uint8Array): string => Buffer.from(key).toString("base64");
  const otherKeys = (keys.otherKeys ?? []).map(({ generation, key }) => ({ generation, key: base64(key) }));
  return { dataKey: base64(keys.dataKey), generation: keys.generation, otherKeys };
}
