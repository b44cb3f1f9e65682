import type { Saboteur } from "@holdfast/trust/saboteur";
import { slotSaboteur } from "./bak-1/saboteur.ts";
import { backupSaboteur } from "./bak-2/saboteur.ts";
import { placeSaboteur } from "./bak-3/saboteur.ts";
import { downloadSaboteur } from "./bak-4/saboteur.ts";
import { restoreSaboteur } from "./bak-5/saboteur.ts";
import { ageSaboteur } from "./dr-1/saboteur.ts";
import { silenceSaboteur } from "./dr-3/saboteur.ts";
import { certificateSaboteur } from "./enc-4/saboteur.ts";
import { plainSaboteur } from "./enc-5/saboteur.ts";
import { ownershipSaboteur } from "./iso-1/saboteur.ts";
import { isolationSaboteur } from "./iso-2/saboteur.ts";
import { injectionSaboteur } from "./owasp-1/saboteur.ts";
import { forgerySaboteur } from "./owasp-3/saboteur.ts";
import { accessSaboteur } from "./owasp-5/saboteur.ts";
import { factorSaboteur } from "./owasp-6/saboteur.ts";
import { linkSaboteur } from "./owasp-8/saboteur.ts";
import { hashSaboteur } from "./pwd-1/saboteur.ts";
import { secretSaboteur } from "./pwd-2/saboteur.ts";
import { plainTextSaboteur } from "./pwd-3/saboteur.ts";
import { throttleSaboteur } from "./pwd-4/saboteur.ts";
import { lengthSaboteur } from "./pwd-5/saboteur.ts";
import { dispatchSaboteur } from "./rpc-1/saboteur.ts";
import { gateSaboteur } from "./sec-1/saboteur.ts";

/** One for each claim; see claims.test.ts. */
export const saboteurs: readonly Saboteur[] = [
  slotSaboteur,
  backupSaboteur,
  placeSaboteur,
  downloadSaboteur,
  restoreSaboteur,
  ageSaboteur,
  silenceSaboteur,
  plainSaboteur,
  ownershipSaboteur,
  isolationSaboteur,
  hashSaboteur,
  secretSaboteur,
  plainTextSaboteur,
  throttleSaboteur,
  lengthSaboteur,
  certificateSaboteur,
  forgerySaboteur,
  factorSaboteur,
  linkSaboteur,
  injectionSaboteur,
  accessSaboteur,
  dispatchSaboteur,
  gateSaboteur,
];
