import { Database } from "@holdfast/panel/database";
import { Operation } from "@holdfast/panel/operation";
import { clusterStatus } from "@holdfast/protocol/agent-methods";
import { controlStatus } from "@holdfast/protocol/control-methods";
import { type Handler, handle } from "@holdfast/protocol/serve";
import { controlActor } from "../actor.ts";
import type { ControlContext } from "../context.ts";
import { codeVersion } from "../version.ts";

/** A stored backup is a breach when older. Source: claim DR-1. */
const breachHours = 24;

/** How the whole installation is. */
export function statusHandlers({ parts }: ControlContext): Handler[] {
  return [
    handle(controlStatus, async () => {
      const env = parts.data.reading(controlActor);
      const limit = Temporal.Instant.fromEpochMilliseconds(parts.clock.now() - breachHours * 3_600_000);
      return {
        version: codeVersion,
        customers: await env.of(Database).count([["neutralized", "=", false]]),
        runningOperations: await env
          .of(Operation)
          .count([["state", "in", ["pending", "running", "undoing"]]]),
        clusters: (await parts.agent(clusterStatus, {})).clusters,
        overdueBackups: await env
          .of(Database)
          .count([
            ["neutralized", "=", false],
            ["state", "=", "running"],
            ["create_date", "<", limit.toString()],
            "|",
            ["last_stored_at", "=", false],
            ["last_stored_at", "<", limit.toString()],
          ]),
      };
    }),
  ];
}
