import type { Saboteur } from "@holdfast/trust/saboteur";
import { backupSaboteur } from "./bak-2/saboteur.ts";
import { restoreSaboteur } from "./bak-5/saboteur.ts";
import { isolationSaboteur } from "./iso-2/saboteur.ts";
import { linkSaboteur } from "./owasp-8/saboteur.ts";
import { hashSaboteur } from "./pwd-1/saboteur.ts";
import { dispatchSaboteur } from "./rpc-1/saboteur.ts";

/** One for each claim; see claims.test.ts. */
export const saboteurs: readonly Saboteur[] = [
  backupSaboteur,
  restoreSaboteur,
  isolationSaboteur,
  hashSaboteur,
  linkSaboteur,
  dispatchSaboteur,
];
