import { z } from "zod";
import { operationKind } from "../operations/step.ts";
import { prepareTenant } from "../tenant-work.ts";
import { databaseSteps, makeCertificate, open } from "./database-steps.ts";
import { databaseSubject } from "./subject.ts";

const input = databaseSubject.extend({
  login: z.string(),
  demoData: z.boolean(),
  /** Mails an invitation; without it a generated password is whispered to whoever waits. */
  invite: z.boolean(),
});

/** A new customer: roles, key, files, database, schema, base data, administrator, certificate, address. */
export const createCustomer = operationKind<z.output<typeof input>>({
  kind: "customer.create",
  input,
  steps: [
    ...databaseSteps,
    {
      name: "shape the database",
      run: ({ input, parts }) => parts.tenants.syncSchema(input.tenantId, input.apps, "all"),
    },
    {
      name: "fill in base data",
      run: async ({ input, parts, key }) => {
        const password = await prepareTenant(parts, input);
        if (password !== undefined) parts.whisper(key, password);
      },
    },
    makeCertificate,
    open,
  ],
});
