import { isSilent, keystoreRound, Round } from "@holdfast/panel/round";
import { controlActor } from "../actor.ts";
import { spanOf, type Watcher } from "./condition.ts";

/**
 * A place that holds the wrapped keys does not answer, or a key opens in none: one disk more that is lost would make
 * backups unreadable, and until it is back no customer can be shredded. Claim ENC-5.
 */
export const watchKeystore: Watcher = {
  name: "keystore",
  codes: ["keystore.replica"],
  look: async ({ data, clock }) => {
    const rounds = await data
      .reading(controlActor)
      .of(Round)
      .searchRead([["name", "=", keystoreRound]], ["every_seconds", "ended_at"]);
    return rounds
      .filter((round) => isSilent(round, clock.now()))
      .map(({ ended_at }) => ({
        code: "keystore.replica",
        subject: "keystore",
        severity: "critical",
        sentence: `for ${spanOf(clock.now() - ended_at.epochMilliseconds)} not every place that holds keys has answered with every key`,
        hint: "see that every folder of replicas.json is mounted: bin/holdfast logs agent names it",
        sinceMs: ended_at.epochMilliseconds,
      }));
  },
};
