import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { TenantId } from "@holdfast/kernel/id";
import * as methods from "@holdfast/protocol/agent-methods";
import { call } from "@holdfast/protocol/call";
import { z } from "zod";
import { type Agent, startAgent } from "./agent.ts";
import { limitLog } from "./cluster/server-log.ts";
import { agentHandlers } from "./handlers.ts";
import { temporaryDataFolder } from "./testing.ts";
import { connect, makeTenant } from "./testing-agent.ts";

const folder = temporaryDataFolder();
let agent: Agent;
before(async () => {
  agent = await startAgent({ folder, sync: false });
});
after(async () => {
  await agent.close();
  folder.remove();
});

const open = (tenantId: TenantId) => call(folder.agentSocket, methods.openTenant, { tenantId });

/** Knocks with an input that no method takes, so that nothing is ever done. */
async function isCarried(socketPath: string, name: string): Promise<boolean> {
  const method = { name, input: z.unknown(), output: z.unknown(), progress: false };
  const error = await call(socketPath, method, "nothing").then(
    () => undefined,
    (thrown: { readonly code?: string }) => thrown,
  );
  assert.ok(error?.code === "invalid" || error?.code === "not_found", `${name}: ${error?.code}`);
  return error.code === "invalid";
}

describe("the server's socket", () => {
  const uploads = ["backup.import"];
  const all = () => agentHandlers(agent).map(({ method }) => method.name);

  test("carries two methods of all that the agent has; each other one is refused like one that does not exist", async () => {
    const carried = [];
    for (const name of all()) if (await isCarried(folder.agentServerSocket, name)) carried.push(name);
    assert.deepEqual(carried.sort(), ["certificate.issue", "tenant.open"]);
    const refused = (name: string) =>
      call(folder.agentServerSocket, { ...methods.inventory, name }, {}).catch((error: Error) =>
        error.message.replace(name, "it"),
      );
    assert.equal(await refused("tenant.inventory"), await refused("tenant.nothing"));
  });

  test("is one of two: control's carries every method", async () => {
    for (const name of all().filter((one) => !uploads.includes(one)))
      assert.ok(await isCarried(folder.agentSocket, name), name);
  });
});

describe("the log of a cluster", () => {
  const logFile = join(folder.logs, "postgres-main.log");

  test("takes nothing from a tenant: neither its errors nor its warnings, whatever it sets", async () => {
    const { connection } = await open(await makeTenant(folder));
    const before = statSync(logFile).size;
    const client = await connect(connection);
    for (const name of [
      "log_min_messages",
      "log_min_error_statement",
      "log_statement",
      "log_min_duration_statement",
    ])
      await assert.rejects(client.query(`SET ${name} TO DEFAULT`), { code: "42501" }, name);
    await client.query("ALTER ROLE CURRENT_USER RESET ALL");
    await client.query("SET client_min_messages = debug5");
    await client.end();
    const again = await connect(connection);
    const text = "x".repeat(100_000);
    for (let tries = 0; tries < 20; tries++) {
      await assert.rejects(again.query(`SELECT '${text}'::int`), { code: "22P02" });
      await again.query("ROLLBACK");
    }
    await again.end();
    const written = readFileSync(logFile, "utf8").slice(before);
    assert.doesNotMatch(written, /xxxxx|no transaction in progress/);
    assert.ok(written.length < 20_000, `${written.length} bytes`);
  });

  test("is cut when it is full, and its end kept aside", () => {
    const path = join(folder.root, "some.log");
    writeFileSync(path, `${"a".repeat(50)}${"b".repeat(50)}`);
    assert.equal(limitLog(path, 100), false);
    assert.equal(limitLog(path, 50), true);
    assert.equal(statSync(path).size, 0);
    assert.equal(readFileSync(`${path}.1`, "utf8"), "b".repeat(50));
  });
});
