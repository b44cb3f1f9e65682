import { erasedRound, isSilent, keystoreRound, Round } from "@holdfast/panel/round";
import { controlActor } from "../actor.ts";
import type { Watcher } from "./condition.ts";
import { watchSilence } from "./watch-silence.ts";

/**
 * A place that holds the wrapped keys does not answer, or a key opens in none: one disk more that is lost would make
 * backups unreadable, and until it is back no customer can be shredded. Claim ENC-5.
 */
export const watchKeystore = watchSilence({
  name: "keystore",
  round: keystoreRound,
  code: "keystore.replica",
  subject: "keystore",
  severity: "critical",
  sentence: (silentFor) => `for ${silentFor} not every place that holds keys has answered with every key`,
  hint: "see that every folder of replicas.json is mounted: bin/holdfast logs agent names it",
});

/**
 * Two lists of who was erased from the same customer, under different keys: the own one was lost while a place that has
 * the other was away. Both count from now on; copies that were restored in between may hold somebody who was erased.
 */
export const watchErasures: Watcher = {
  name: "lists of erased persons",
  codes: ["erasures.split"],
  look: async ({ data, clock }) => {
    const rounds = await data
      .reading(controlActor)
      .of(Round)
      .searchRead([["name", "in", [erasedRound, keystoreRound]]], ["name", "every_seconds", "ended_at"]);
    const looked = rounds.find(({ name }) => name === keystoreRound)?.ended_at.epochMilliseconds ?? 0;
    // An agent that says nothing has found nothing: then both stopped in the same look.
    const isFound = (found: (typeof rounds)[number]): boolean =>
      found.name === erasedRound && isSilent(found, clock.now()) && looked > found.ended_at.epochMilliseconds;
    return rounds.filter(isFound).map(({ ended_at }) => ({
      code: "erasures.split",
      subject: "erasures",
      severity: "critical",
      sentence: "two lists of erased persons of the same customer were found; both count from now on",
      hint: "bin/holdfast logs agent names the customer: look through copies that were restored in the last days",
      sinceMs: ended_at.epochMilliseconds,
    }));
  },
};
