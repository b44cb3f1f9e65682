import { ExpectedError } from "@holdfast/kernel/errors";
import { Database } from "@holdfast/panel/database";
import {
  removeCertificate,
  removeDatabase,
  removeFiles,
  removeRoles,
  shredKey,
} from "@holdfast/protocol/agent-methods";
import { z } from "zod";
import { controlActor } from "../actor.ts";
import { operationKind, type StepContext } from "../operations/step.ts";
import { isHeld } from "../retention.ts";
import { forgetDatabase } from "./database-steps.ts";
import { bareSubject } from "./subject.ts";

const input = bareSubject.extend({
  formerState: z.enum(["provisioning", "running", "closed", "deleting", "failed"]).default("running"),
});
type Input = z.output<typeof input>;

/**
 * Removes a database for good. Shredding the key comes last of what is destroyed: until then backups
 * open. They stay in the vaults, unreadable for ever.
 */
export const deleteDatabase = operationKind<Input>({
  kind: "database.delete",
  input,
  steps: [
    {
      name: "close its address",
      run: async (context) => {
        await refuseHeld(context);
        await setState(context, "deleting");
      },
      undo: (context) => setState(context, context.input.formerState),
    },
    {
      name: "remove the database",
      irreversible: true,
      run: async ({ input, parts }) => void (await parts.agent(removeDatabase, { tenantId: input.tenantId })),
    },
    {
      name: "remove its roles",
      run: async ({ input, parts }) => void (await parts.agent(removeRoles, { tenantId: input.tenantId })),
    },
    {
      name: "remove its files",
      run: async ({ input, parts }) => void (await parts.agent(removeFiles, { tenantId: input.tenantId })),
    },
    {
      name: "remove its certificate",
      run: async ({ input, parts }) =>
        void (await parts.agent(removeCertificate, { hosts: [parts.hostOf(input.name)] })),
    },
    {
      name: "destroy its key",
      run: async ({ input, parts }) =>
        void (await parts.agent(shredKey, { tenantId: input.tenantId, subject: input.name })),
    },
    { name: "forget it", run: ({ input, parts }) => forgetDatabase(parts, input.databaseId) },
  ],
});

/** A hold that came after this was asked for, or in the same moment. */
async function refuseHeld({ input, parts }: StepContext<Input>): Promise<void> {
  const env = parts.data.reading(controlActor);
  const [database] = await env
    .of(Database)
    .read(await env.of(Database).exists([input.databaseId]), ["neutralized"]);
  if (database === undefined || database.neutralized || !(await isHeld(env, input.databaseId))) return;
  throw new ExpectedError("conflict", `a legal hold lies on the customer of "${input.name}"`, {
    hint: `bin/holdfast customer hold ${input.name} --lift ends it`,
  });
}

function setState({ input, parts }: StepContext<Input>, state: Input["formerState"]): Promise<void> {
  return parts.data.writing(controlActor, async (env) => {
    await env.of(Database).write(await env.of(Database).exists([input.databaseId]), { state });
  });
}
