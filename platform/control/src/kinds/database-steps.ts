import type { Environment } from "@holdfast/framework/model/environment";
import type { TenantId } from "@holdfast/kernel/id";
import { Backup } from "@holdfast/panel/backup";
import { Customer } from "@holdfast/panel/customer";
import { Database } from "@holdfast/panel/database";
import {
  ensureDatabase,
  ensureFiles,
  ensureKey,
  ensureRoles,
  issueCertificate,
  removeCertificate,
  removeDatabase,
  removeFiles,
  removeRoles,
  shredKey,
} from "@holdfast/protocol/agent-methods";
import { controlActor } from "../actor.ts";
import type { Step, StepContext } from "../operations/step.ts";
import type { Parts } from "../parts.ts";

/** What every operation that makes a database is about. */
export interface NewDatabase {
  readonly databaseId: number;
  readonly tenantId: TenantId;
  readonly name: string;
}

/** The row in the control database is there already; undoing everything takes it out last. */
export const keepRow: Step<NewDatabase> = {
  name: "reserve the name",
  run: async () => undefined,
  undo: ({ input, parts }) => forgetDatabase(parts, input.databaseId),
};

/** Key before roles: the roles' passwords are wrapped with it. */
export const makeKey: Step<NewDatabase> = {
  name: "make a data key",
  run: async ({ input, parts }) => void (await parts.agent(ensureKey, { tenantId: input.tenantId })),
  undo: async ({ input, parts }) => void (await parts.agent(shredKey, { tenantId: input.tenantId })),
};

export const makeRoles: Step<NewDatabase> = {
  name: "make its roles",
  run: async ({ input, parts }) =>
    void (await parts.agent(ensureRoles, { tenantId: input.tenantId, cluster: "main" })),
  undo: async ({ input, parts }) => void (await parts.agent(removeRoles, { tenantId: input.tenantId })),
};

export const makeFiles: Step<NewDatabase> = {
  name: "make its file store",
  run: async ({ input, parts }) => void (await parts.agent(ensureFiles, { tenantId: input.tenantId })),
  undo: async ({ input, parts }) => void (await parts.agent(removeFiles, { tenantId: input.tenantId })),
};

export const makeDatabase: Step<NewDatabase> = {
  name: "make the database",
  run: async ({ input, parts }) =>
    void (await parts.agent(ensureDatabase, { tenantId: input.tenantId, cluster: "main" })),
  undo: async ({ input, parts }) => void (await parts.agent(removeDatabase, { tenantId: input.tenantId })),
};

export const makeCertificate: Step<NewDatabase> = {
  name: "issue its certificate",
  run: async ({ input, parts }) =>
    void (await parts.agent(issueCertificate, { hosts: [parts.hostOf(input.name)] })),
  undo: async ({ input, parts }) =>
    void (await parts.agent(removeCertificate, { hosts: [parts.hostOf(input.name)] })),
};

type Opening = NewDatabase & { readonly apps: readonly string[] };

/** Opens its address in a transaction of the control database. @returns where it answers. */
export async function openIn(
  env: Environment,
  { input, parts }: Pick<StepContext<Opening>, "input" | "parts">,
): Promise<{ readonly url: string }> {
  const url = parts.urlOf(input.name);
  const schema_digest = parts.catalog.registry(input.apps).schemaDigest;
  await env.of(Database).write([input.databaseId], { state: "running", url, schema_digest });
  return { url };
}

/** From here on its host name answers. */
export const open: Step<Opening> = {
  name: "open its address",
  run: (context) => context.parts.data.writing(controlActor, (env) => openIn(env, context)),
  undo: async ({ input, parts }) => {
    await parts.data.writing(controlActor, async (env) => {
      const alive = await env.of(Database).exists([input.databaseId]);
      await env.of(Database).write(alive, { state: "failed" });
    });
  },
};

/** All that makes an empty database exist. */
export const databaseSteps: readonly Step<NewDatabase>[] = [
  keepRow,
  makeKey,
  makeRoles,
  makeFiles,
  makeDatabase,
];

/** Takes a database's row out; its backups stay listed, its customer can begin again. */
export async function forgetDatabase(parts: Parts, databaseId: number): Promise<void> {
  await parts.data.writing(controlActor, async (env) => {
    const [id] = await env.of(Database).exists([databaseId]);
    if (id === undefined) return;
    const [database] = await env.of(Database).read([id], ["customer_id"]);
    const backups = await env.of(Backup).search([["database_id", "=", id]]);
    await env.of(Backup).write(backups, { database_id: null });
    await env.of(Database).unlink([id]);
    const customerId = database?.customer_id.id ?? 0;
    if ((await env.of(Database).count([["customer_id", "=", customerId]])) === 0)
      await env.of(Customer).write([customerId], { state: "draft" });
  });
}
