import { recoveryRound } from "@holdfast/panel/round";
import { watchSilence } from "./watch-silence.ts";

/**
 * Nobody has shown that the recovery file is kept elsewhere: with this disk the root key is lost, and every backup with
 * it. Claim ENC-5.
 */
export const watchRecovery = watchSilence({
  name: "the recovery file",
  round: recoveryRound,
  code: "recovery.unchecked",
  subject: "recovery file",
  severity: "warning",
  sentence: (silentFor) =>
    `for ${silentFor} nobody has checked that the recovery file is kept elsewhere: without it this disk is all that opens backups`,
  hint: "bin/holdfast recovery check FILE, from where you keep it",
});
