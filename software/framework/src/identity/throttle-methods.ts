import { z } from "zod";
import { type RemoteMethod, remoteMethod } from "../model/model.ts";
import { throttleModel } from "./models.ts";
import { recordSecurityEvents } from "./security-log.ts";

/** What an administrator may do with counts of failures besides reading them. */
export const throttleMethods: Readonly<Record<string, RemoteMethod>> = {
  /** Forgets counts, and with them the blocks that they are. Whoever may read them may lift them; each is logged. */
  action_lift: remoteMethod({
    label: "Lift the block",
    on: "records",
    effect: "write",
    input: z.object({}),
    async run(env, ids) {
      const rows = await env.of(throttleModel).read(ids, ["subject"]);
      await env.system("lift blocks of sign-ins", async (system) => {
        await system.of(throttleModel).unlink(ids);
        await recordSecurityEvents(
          system,
          rows.map((row) => ({
            event: "block_lifted",
            outcome: "ok",
            userId: env.actor.userId,
            detail: row.subject,
          })),
        );
      });
      return true;
    },
  }),
};
