import type { Claim } from "@holdfast/trust/claim";
import { fullBackups } from "./bak-1/claim.ts";
import { replicatedBackups } from "./bak-2/claim.ts";
import { publishedPlaces } from "./bak-3/claim.ts";
import { downloadableBackups } from "./bak-4/claim.ts";
import { restorableBackups } from "./bak-5/claim.ts";
import { recentBackups } from "./dr-1/claim.ts";
import { monitoredBackups } from "./dr-3/claim.ts";
import { soundCertificates } from "./enc-4/claim.ts";
import { sealedAtRest } from "./enc-5/claim.ts";
import { dedicatedDatabases } from "./iso-1/claim.ts";
import { isolatedDatabases } from "./iso-2/claim.ts";
import { noInjection } from "./owasp-1/claim.ts";
import { forgedRequests } from "./owasp-3/claim.ts";
import { noDirectReferences } from "./owasp-5/claim.ts";
import { strongSignIn } from "./owasp-6/claim.ts";
import { signedLinks } from "./owasp-8/claim.ts";
import { hashedPasswords } from "./pwd-1/claim.ts";
import { unreadablePasswords } from "./pwd-2/claim.ts";
import { encryptedSignIn } from "./pwd-3/claim.ts";
import { throttledSignIn } from "./pwd-4/claim.ts";
import { longPasswords } from "./pwd-5/claim.ts";
import { declaredMethodsOnly } from "./rpc-1/claim.ts";
import { openAndReviewed } from "./sec-1/claim.ts";

/** Every promise that is measured here, in the order of the trust page and of the first round; the longest last. */
export const claims: readonly Claim[] = [
  fullBackups,
  replicatedBackups,
  publishedPlaces,
  downloadableBackups,
  restorableBackups,
  recentBackups,
  monitoredBackups,
  sealedAtRest,
  dedicatedDatabases,
  isolatedDatabases,
  hashedPasswords,
  unreadablePasswords,
  encryptedSignIn,
  throttledSignIn,
  longPasswords,
  soundCertificates,
  forgedRequests,
  strongSignIn,
  signedLinks,
  noInjection,
  noDirectReferences,
  declaredMethodsOnly,
  openAndReviewed,
];
