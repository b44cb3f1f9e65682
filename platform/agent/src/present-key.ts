import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId } from "@holdfast/kernel/id";
import type { Keystore } from "./keystore.ts";

/** A tenant's data key in base64, for a job. @throws ExpectedError `gone` when there is none. */
export function presentKey(keystore: Keystore, tenantId: TenantId): string {
  const key = keystore.dataKey(tenantId);
  if (key) return key.toString("base64");
  throw new ExpectedError("gone", `the data key of tenant ${tenantId} does not exist or was shredded`, {
    hint: "without it nobody can read this backup",
  });
}
