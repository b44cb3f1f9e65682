import { isSilent, Round } from "@holdfast/panel/round";
import { controlActor } from "../actor.ts";
import { type Condition, spanOf, type Watcher } from "./condition.ts";

/** A round, and what its absence says. */
interface Silence extends Pick<Watcher, "name">, Pick<Condition, "code" | "subject" | "severity" | "hint"> {
  readonly round: string;
  readonly sentence: (silentFor: string) => string;
}

/** An alarm as soon as one round has not ended well for longer than it may. */
export function watchSilence({ name, round, sentence, ...alarm }: Silence): Watcher {
  return {
    name,
    codes: [alarm.code],
    look: async ({ data, clock }) => {
      const rounds = await data
        .reading(controlActor)
        .of(Round)
        .searchRead([["name", "=", round]], ["every_seconds", "ended_at"]);
      return rounds
        .filter((found) => isSilent(found, clock.now()))
        .map(({ ended_at }) => ({
          ...alarm,
          sentence: sentence(spanOf(clock.now() - ended_at.epochMilliseconds)),
          sinceMs: ended_at.epochMilliseconds,
        }));
    },
  };
}
