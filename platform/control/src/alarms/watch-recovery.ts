import { isSilent, Round, recoveryRound } from "@holdfast/panel/round";
import { controlActor } from "../actor.ts";
import { spanOf, type Watcher } from "./condition.ts";

/**
 * Nobody has shown that the recovery file is kept elsewhere: with this disk the root key is lost, and every backup with
 * it. Claim ENC-5.
 */
export const watchRecovery: Watcher = {
  name: "the recovery file",
  codes: ["recovery.unchecked"],
  look: async ({ data, clock }) => {
    const rounds = await data
      .reading(controlActor)
      .of(Round)
      .searchRead([["name", "=", recoveryRound]], ["every_seconds", "ended_at"]);
    return rounds
      .filter((round) => isSilent(round, clock.now()))
      .map(({ ended_at }) => ({
        code: "recovery.unchecked",
        subject: "recovery file",
        severity: "warning",
        sentence: `for ${spanOf(clock.now() - ended_at.epochMilliseconds)} nobody has checked that the recovery file is kept elsewhere: without it this disk is all that opens backups`,
        hint: "bin/holdfast recovery check FILE, from where you keep it",
        sinceMs: ended_at.epochMilliseconds,
      }));
  },
};
