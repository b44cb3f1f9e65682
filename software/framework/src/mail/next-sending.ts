import { publicActor } from "../access/actor.ts";
import type { Tenant } from "../http/route.ts";
import { deliveryModel } from "../webhooks/models.ts";
import { egressAllowed } from "./egress.ts";
import { mailModel } from "./models.ts";

/**
 * When something of a tenant's queues is next to be sent: mails, and messages of webhooks. A row that somebody is at
 * work on counts from the end of their lease.
 *
 * @returns milliseconds since the epoch, which may be past; null when nothing waits, or nothing may leave. Two reads.
 */
export async function nextSending(tenant: Tenant): Promise<number | null> {
  if (!egressAllowed(tenant)) return null;
  const { models } = tenant.data.registry;
  const env = tenant.data.reading(publicActor);
  return env.system("look when something is next to be sent", async (system) => {
    const first = { order: "next_attempt, id", limit: 1 } as const;
    const found = [
      ...(await system
        .of(mailModel)
        .searchRead([["state", "in", ["outgoing", "sending"]]], ["next_attempt"], first)),
      ...(models.has(deliveryModel.name)
        ? await system
            .of(deliveryModel)
            .searchRead([["state", "in", ["waiting", "sending"]]], ["next_attempt"], first)
        : []),
    ];
    if (found.length === 0) return null;
    return Math.min(...found.map(({ next_attempt }) => next_attempt.epochMilliseconds));
  });
}
