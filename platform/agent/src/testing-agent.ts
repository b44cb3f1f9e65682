import { readFileSync } from "node:fs";
import type { TenantId } from "@holdfast/kernel/id";
import * as methods from "@holdfast/protocol/agent-methods";
import { call } from "@holdfast/protocol/call";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import type { InputOf, Method, OutputOf } from "@holdfast/protocol/method";
import pg from "pg";
import { type Agent, startAgent } from "./agent.ts";
import { systemUser } from "./system-user.ts";
import { anyTenant } from "./testing.ts";

/** An agent in this process; as root another user runs the jobs and the agent keeps the vaults, else one user does all. */
export function startTestingAgent(folder: DataFolder): Promise<Agent> {
  const user = process.getuid?.() === 0 ? { serviceUser: systemUser("nobody") } : {};
  return startAgent({ folder, sync: false, ...user });
}

/** Asks it as control does. */
export const askingOf =
  (folder: DataFolder) =>
  <M extends Method>(method: M, input: InputOf<M>): Promise<OutputOf<M>> =>
    call(folder.agentSocket, method, input);

/** What is given along when a backup is taken. */
export const backupHead = { name: "acme", apps: [{ name: "base", version: "1" }], codeVersion: "1" };

/** Makes a whole tenant through the agent's socket. */
export async function makeTenant(
  folder: DataFolder,
  cluster: methods.ClusterName = "main",
): Promise<TenantId> {
  const tenantId = anyTenant();
  for (const method of [methods.ensureRoles, methods.ensureDatabase])
    await call(folder.agentSocket, method, { tenantId, cluster });
  for (const method of [methods.ensureKey, methods.ensureFiles])
    await call(folder.agentSocket, method, { tenantId });
  return tenantId;
}

/** Connects as a tenant would, over TLS with full verification. */
export async function connect(
  connection: methods.Connection,
  changes: pg.ClientConfig = {},
): Promise<pg.Client> {
  const { caFile, ...rest } = connection;
  const client = new pg.Client({ ...rest, ssl: { ca: readFileSync(caFile) }, ...changes });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

/** One statement on a connection of its own. @returns all values, row after row. */
export async function query(
  connection: methods.Connection,
  statement: string,
  changes: pg.ClientConfig = {},
): Promise<unknown[]> {
  const client = await connect(connection, changes);
  try {
    return (await client.query({ text: statement, rowMode: "array" })).rows.flat();
  } finally {
    await client.end();
  }
}

/** Makes tables as the owner, the way control does. */
export async function deploy(folder: DataFolder, tenantId: TenantId, ...statements: string[]): Promise<void> {
  const { connection, role } = await call(folder.agentSocket, methods.openForDeploy, { tenantId });
  const client = await connect(connection);
  try {
    await client.query(`SET ROLE ${role}`);
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
    await call(folder.agentSocket, methods.closeDeploy, { tenantId });
  }
}
