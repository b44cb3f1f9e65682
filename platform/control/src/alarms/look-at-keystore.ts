import { erasedRound, keystoreRound, Round, recoveryRound, silentRounds } from "@holdfast/panel/round";
import { lookAtKeystore } from "@holdfast/protocol/agent-methods";
import { controlActor } from "../actor.ts";
import type { Parts } from "../parts.ts";
import { noteRound } from "./rounds.ts";

/** Who has just made an installation, or a new root key, has a day to carry the recovery file to where it is kept. */
const recoverySeconds = 86_400 / silentRounds;

/**
 * Asks whether every place that holds keys answers, and notes it only then: a place that is not seen again, and an
 * agent that does not answer, are both an alarm. Not at the first look either: that begins the time.
 *
 * @param everySeconds - how often it is asked.
 */
export async function keepKeystoreLook(
  { agent, data }: Pick<Parts, "agent" | "data">,
  everySeconds: number,
): Promise<void> {
  const { away, unreadable, splitErasures, recoveryChecked } = await agent(lookAtKeystore, {});
  const note = async (round: string, isWell: boolean, seconds = everySeconds): Promise<void> => {
    const known = await data
      .reading(controlActor)
      .of(Round)
      .count([["name", "=", round]]);
    if (known === 0 || isWell) await noteRound(data, round, seconds);
  };
  await note(keystoreRound, away === 0 && unreadable === 0);
  await note(erasedRound, splitErasures === 0);
  await note(recoveryRound, recoveryChecked, recoverySeconds);
}
