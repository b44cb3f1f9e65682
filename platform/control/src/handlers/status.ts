import { Database } from "@holdfast/panel/database";
import { Operation } from "@holdfast/panel/operation";
import { clusterStatus } from "@holdfast/protocol/agent-methods";
import { controlStatus } from "@holdfast/protocol/control-methods";
import { type Handler, handle } from "@holdfast/protocol/serve";
import { controlActor } from "../actor.ts";
import type { ControlContext } from "../context.ts";
import { lateBackups } from "../scheduler.ts";
import { codeVersion } from "../version.ts";

/** How the whole installation is. */
export function statusHandlers({ parts }: ControlContext): Handler[] {
  return [
    handle(controlStatus, async () => {
      const env = parts.data.reading(controlActor);
      const { late, overdue } = await lateBackups(parts);
      return {
        version: codeVersion,
        customers: await env.of(Database).count([["neutralized", "=", false]]),
        runningOperations: await env
          .of(Operation)
          .count([["state", "in", ["pending", "running", "undoing"]]]),
        clusters: (await parts.agent(clusterStatus, {})).clusters,
        lateBackups: late,
        overdueBackups: overdue,
      };
    }),
  ];
}
