import { keystoreRound, Round } from "@holdfast/panel/round";
import { lookAtKeystore } from "@holdfast/protocol/agent-methods";
import { controlActor } from "../actor.ts";
import type { Parts } from "../parts.ts";
import { noteRound } from "./rounds.ts";

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
  const { away, unreadable } = await agent(lookAtKeystore, {});
  const isFirst =
    (await data
      .reading(controlActor)
      .of(Round)
      .count([["name", "=", keystoreRound]])) === 0;
  if (isFirst || (away === 0 && unreadable === 0)) await noteRound(data, keystoreRound, everySeconds);
}
