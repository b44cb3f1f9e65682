import type { Claim } from "@holdfast/trust/claim";
import { replicatedBackups } from "./bak-2/claim.ts";
import { restorableBackups } from "./bak-5/claim.ts";
import { isolatedDatabases } from "./iso-2/claim.ts";
import { signedLinks } from "./owasp-8/claim.ts";
import { hashedPasswords } from "./pwd-1/claim.ts";
import { declaredMethodsOnly } from "./rpc-1/claim.ts";

/** Every promise that is measured here, in the order of the trust page. */
export const claims: readonly Claim[] = [
  replicatedBackups,
  restorableBackups,
  isolatedDatabases,
  hashedPasswords,
  signedLinks,
  declaredMethodsOnly,
];
