import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { TenantId } from "@holdfast/kernel/id";
import * as methods from "@holdfast/protocol/agent-methods";
import { call } from "@holdfast/protocol/call";
import { type Agent, startAgent } from "./agent.ts";
import { endHoarders, maxLocks } from "./cluster/end-hoarders.ts";
import { ensureDatabase } from "./tenant/database.ts";
import { tenantNames } from "./tenant-names.ts";
import { temporaryDataFolder } from "./testing.ts";
import { connect, deploy, makeTenant } from "./testing-agent.ts";

const folder = temporaryDataFolder();
const [refused, ended] = ["42501", "57P01"];
let agent: Agent;
let attacker: TenantId;
let neighbour: TenantId;

before(async () => {
  agent = await startAgent({ folder, sync: false });
  [attacker, neighbour] = [await makeTenant(folder), await makeTenant(folder)];
  for (const tenantId of [attacker, neighbour])
    await deploy(folder, tenantId, "CREATE TABLE notes (id int GENERATED ALWAYS AS IDENTITY, text text)");
});
after(async () => {
  await agent.close();
  folder.remove();
});

const enter = async (tenantId: TenantId) =>
  connect((await call(folder.agentSocket, methods.openTenant, { tenantId })).connection);

const codeOf = (work: Promise<unknown>): Promise<string | undefined> =>
  work.then(
    () => undefined,
    (error: { readonly code?: string }) => error.code ?? "the connection was lost",
  );

test("a tenant's login takes no advisory lock, writes no message into the log and notifies nobody", async () => {
  const client = await enter(attacker);
  for (const statement of [
    "SELECT pg_advisory_lock(n) FROM generate_series(1, 100000) n",
    "SELECT pg_advisory_xact_lock(1)",
    "SELECT pg_advisory_lock_shared(1, 2)",
    "SELECT pg_try_advisory_lock(1)",
    "SELECT pg_try_advisory_xact_lock_shared(1)",
    "SELECT pg_advisory_unlock_all()",
    "SELECT pg_logical_emit_message(false, 'a', repeat('a', 1000000))",
    "SELECT pg_logical_emit_message(true, 'a', 'a'::bytea)",
    "SELECT pg_notify('a', 'a')",
  ])
    assert.equal(await codeOf(client.query(statement)), refused, statement);
  await client.end();
});

test("a database that was made before this was so is closed when it is made anew", async () => {
  const { administration } = agent.clusters.named("main");
  const names = tenantNames(attacker);
  await administration.within(names.database, [
    "GRANT EXECUTE ON FUNCTION pg_catalog.pg_advisory_lock(bigint) TO PUBLIC",
    `COMMENT ON DATABASE ${names.database} IS 'complete'`,
  ]);
  const client = await enter(attacker);
  assert.equal(await codeOf(client.query("SELECT pg_advisory_lock(1)")), undefined);
  assert.equal(await ensureDatabase(administration, names), true);
  assert.equal(await codeOf(client.query("SELECT pg_advisory_lock(1)")), refused);
  assert.equal(await ensureDatabase(administration, names), false);
  await client.end();
});

test("a tenant that hoards locks by savepoints loses its session, and its neighbour notices nothing", async () => {
  const [thief, honest] = [await enter(attacker), await enter(neighbour)];
  let over = false;
  let answers = 0;
  const working = (async () => {
    for (; !over; answers++) {
      await honest.query("BEGIN");
      await honest.query("INSERT INTO notes (text) VALUES ('honest')");
      await honest.query("COMMIT");
    }
  })();
  const step = "SAVEPOINT s; INSERT INTO notes (text) VALUES ('thief');".repeat(500);
  let taken = 0;
  const hoard = async () => {
    await thief.query("BEGIN");
    for (; taken < 200 * maxLocks; taken += 500) await thief.query(step);
  };
  assert.ok([ended, "the connection was lost"].includes((await codeOf(hoard())) ?? "was let go on"));
  over = true;
  await working;
  assert.ok(answers > 0, `the neighbour was answered ${answers} times while ${taken} locks were taken`);
  await honest.end();
});

test("a session with the locks of an ordinary transaction is left alone", async () => {
  const client = await enter(neighbour);
  await client.query("BEGIN");
  for (let n = 0; n < 60; n++) await client.query("SAVEPOINT s; INSERT INTO notes (text) VALUES ('few')");
  await client.query("SELECT count(*) FROM pg_class");
  const looks = agent.clusters.named("main").administration;
  assert.equal(await endHoarders(looks, () => undefined), 0);
  assert.equal(await codeOf(client.query("COMMIT")), undefined);
  await client.end();
});

test("a tenant that fills the queue of notices loses the session that holds it up, and no neighbour's long work ends", async () => {
  const [listener, sender, honest] = [await enter(attacker), await enter(attacker), await enter(neighbour)];
  for (const client of [listener, honest]) client.on("error", () => undefined);
  await listener.query("LISTEN probe");
  for (const client of [listener, honest]) await client.query("BEGIN; SELECT 1");
  const text = "x".repeat(7_900);
  for (let n = 0; n < 3; n++)
    await sender.query(
      Array.from({ length: 1_000 }, (_, at) => `NOTIFY probe, '${n} ${at} ${text}'`).join("; "),
    );
  const looks = agent.clusters.named("main").administration;
  const allowed = { maxLocks, manyLocks: maxLocks, maxQueueShare: 0.001, maxListenSeconds: 0 };
  assert.equal(await endHoarders(looks, () => undefined, allowed), 1);
  assert.equal(await codeOf(honest.query("COMMIT")), undefined);
  assert.notEqual(await codeOf(listener.query("COMMIT")), undefined);
  for (const client of [listener, sender, honest]) await client.end().catch(() => undefined);
});
