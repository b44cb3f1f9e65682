import { z } from "zod";
import { customerNameSchema, operationIdSchema } from "./ids.ts";
import { defineMethod } from "./method.ts";

/** What it takes to bring one database to the declarations of the running version. */
export const schemaPlanSchema = z.object({
  customer: z.string(),
  /** Migrations that it has not seen, in the order in which they run. */
  migrations: z.array(
    z.object({ app: z.string(), number: z.number(), label: z.string(), steps: z.array(z.string()) }),
  ),
  /** What is added after them. */
  steps: z.array(z.string()),
  /** What no migration carries out: nothing is done as long as one is left. */
  refusals: z.array(z.string()),
});
export type SchemaPlanOf = z.output<typeof schemaPlanSchema>;

/** Of all running databases, or of one customer's. Changes nothing. */
export const planSchemas = defineMethod({
  name: "schema.plan",
  input: z.strictObject({ customer: customerNameSchema.optional() }),
  output: z.object({ databases: z.array(schemaPlanSchema) }),
});

/** Carries a customer's plan out: the stored operation `database.upgrade`. */
export const applySchemaOf = defineMethod({
  name: "schema.apply",
  progress: true,
  input: z.strictObject({ customer: customerNameSchema }),
  output: z.object({ operationId: operationIdSchema }),
});
