import { z } from "zod";
import { hostSchema, tenantIdSchema } from "./ids.ts";
import { defineMethod } from "./method.ts";

/** Hosts in one answer: as many as whoever asks opens in one round. The next answer names others. */
export const mostDueHosts = 20;

/** Keeps when something of a customer's queues is next to be sent; null: nothing waits there any more. */
export const noteOutgoing = defineMethod({
  name: "outgoing.note",
  input: z.strictObject({ tenantId: tenantIdSchema, dueMs: z.number().int().nonnegative().nullable() }),
  output: z.object({}),
});

/** Hosts of customers in whose queues something is due: those told of longest ago first, of these the longest due. */
export const dueOutgoing = defineMethod({
  name: "outgoing.due",
  input: z.strictObject({}),
  output: z.object({ hosts: z.array(hostSchema).max(mostDueHosts) }),
});
