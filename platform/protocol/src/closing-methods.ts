import { z } from "zod";
import { customerSchema } from "./control-methods.ts";
import { customerNameSchema, operationIdSchema } from "./ids.ts";
import { defineMethod } from "./method.ts";

/** Closes a customer's database; it is deleted with its key once the grace time is over. */
export const closeCustomer = defineMethod({
  name: "customer.close",
  input: z.strictObject({ name: customerNameSchema, confirm: z.string() }),
  output: z.object({ until: z.string() }),
});
/** Opens a closed customer's database again, as it was. */
export const reopenCustomer = defineMethod({
  name: "customer.reopen",
  progress: true,
  input: z.strictObject({ name: customerNameSchema }),
  output: z.object({ operationId: operationIdSchema, customer: customerSchema }),
});
