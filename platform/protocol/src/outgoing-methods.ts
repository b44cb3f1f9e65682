import { z } from "zod";
import { hostSchema, tenantIdSchema } from "./ids.ts";
import { defineMethod } from "./method.ts";

/** Hosts in one answer. */
export const mostDueHosts = 200;

/** Keeps when something of a customer's queues is next to be sent; null: nothing waits there any more. */
export const noteOutgoing = defineMethod({
  name: "outgoing.note",
  input: z.strictObject({ tenantId: tenantIdSchema, dueMs: z.number().int().nonnegative().nullable() }),
  output: z.object({}),
});

/** Hosts of customers in whose queues something is due, the longest first. */
export const dueOutgoing = defineMethod({
  name: "outgoing.due",
  input: z.strictObject({}),
  output: z.object({ hosts: z.array(hostSchema).max(mostDueHosts) }),
});
