import { Alarm } from "@holdfast/panel/alarm";
import { isSilent, lookOutRound, Round } from "@holdfast/panel/round";
import { listAlarms } from "@holdfast/protocol/control-methods";
import { type Handler, handle } from "@holdfast/protocol/serve";
import { controlActor } from "../actor.ts";
import { lookEverywhere } from "../alarms/start.ts";
import type { ControlContext } from "../context.ts";

const maxListed = 1_000;

/** What is wrong now, for the command line and whoever drills. */
export function alarmHandlers({ parts }: Pick<ControlContext, "parts">): Handler[] {
  return [
    handle(listAlarms, async ({ look }) => {
      if (look) await lookEverywhere(parts);
      const env = parts.data.reading(controlActor);
      const alarms = await env
        .of(Alarm)
        .searchRead(
          [["resolved_at", "=", false]],
          ["code", "subject", "severity", "sentence", "hint", "since"],
          { limit: maxListed },
        );
      const [round] = await env
        .of(Round)
        .searchRead([["name", "=", lookOutRound]], ["every_seconds", "ended_at"]);
      return {
        alarms: alarms.map(({ code, subject, severity, sentence, hint, since }) => ({
          code,
          subject,
          severity,
          sentence,
          hint,
          since: since.toString(),
        })),
        lookedAt: round?.ended_at.toString() ?? null,
        isSilent: round === undefined || isSilent(round, parts.clock.now()),
      };
    }),
  ];
}
