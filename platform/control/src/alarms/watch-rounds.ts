import {
  erasedRound,
  isSilent,
  keystoreRound,
  lookOutRound,
  Round,
  recoveryRound,
} from "@holdfast/panel/round";
import { controlActor } from "../actor.ts";
import { spanOf, type Watcher } from "./condition.ts";

/**
 * Work that should have come round and did not: a schedule that hangs fails nowhere. That nobody looks for
 * alarms any more cannot be told from here; the trust page and the panel tell it from the same rows.
 */
export const watchRounds: Watcher = {
  name: "rounds",
  codes: ["round.silent"],
  look: async ({ data, clock }) => {
    const rounds = await data
      .reading(controlActor)
      .of(Round)
      .searchRead(
        [["name", "not in", [lookOutRound, keystoreRound, erasedRound, recoveryRound]]],
        ["name", "every_seconds", "ended_at"],
      );
    const now = clock.now();
    return rounds
      .filter((round) => isSilent(round, now))
      .map(({ name, ended_at }) => ({
        code: "round.silent",
        subject: name,
        severity: "critical",
        sentence: `"${name}" has not come round for ${spanOf(now - ended_at.epochMilliseconds)}`,
        hint: "bin/holdfast logs control",
        sinceMs: ended_at.epochMilliseconds,
      }));
  },
};
