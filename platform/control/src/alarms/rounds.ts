import type { DataSource } from "@holdfast/framework/model/environment";
import { Round } from "@holdfast/panel/round";
import { controlActor } from "../actor.ts";

/**
 * Notes that work which comes round has come to its end; called by whoever does it, only when it succeeded.
 *
 * @param everySeconds - how often it comes; after five times that without a note it is an alarm.
 */
export async function noteRound(data: DataSource, name: string, everySeconds: number): Promise<void> {
  await data.writing(controlActor, async (env) => {
    const ended_at = Temporal.Instant.fromEpochMilliseconds(env.clock.now());
    const [known] = await env.of(Round).search([["name", "=", name]]);
    if (known === undefined) await env.of(Round).create([{ name, every_seconds: everySeconds, ended_at }]);
    else await env.of(Round).write([known], { every_seconds: everySeconds, ended_at });
  });
}
