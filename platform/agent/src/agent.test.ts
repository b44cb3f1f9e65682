import assert from "node:assert/strict";
import { appendFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { inspect } from "node:util";
import { ManualClock } from "@holdfast/kernel/clock";
import type { TenantId } from "@holdfast/kernel/id";
import type { Log } from "@holdfast/kernel/log";
import { systemRandom } from "@holdfast/kernel/random";
import * as methods from "@holdfast/protocol/agent-methods";
import { call } from "@holdfast/protocol/call";
import { type Agent, startAgent } from "./agent.ts";
import { maxLogBytes } from "./cluster/server-log.ts";
import { PassingLogins } from "./passing-logins.ts";
import { anyTenant, temporaryDataFolder } from "./testing.ts";
import { connect, deploy, makeTenant, query } from "./testing-agent.ts";
import { Turns } from "./turns.ts";

const folder = temporaryDataFolder();
let agent: Agent;

/** What nobody foresaw is told to whoever reads the test's output. */
const defects: Log = (level, message, fields) => {
  if (level === "error") process.stderr.write(`${inspect({ message, ...fields })}\n`);
};

before(async () => {
  agent = await startAgent({ folder, sync: false, log: defects });
});
after(async () => {
  await agent.close();
  folder.remove();
});

const main = () => agent.clusters.named("main");

async function remove(tenantId: TenantId): Promise<boolean[]> {
  const answers = [];
  for (const method of [methods.removeDatabase, methods.removeRoles, methods.removeFiles, methods.shredKey])
    answers.push((await call(folder.agentSocket, method, { tenantId })).changed);
  return answers;
}

const open = (tenantId: TenantId) => call(folder.agentSocket, methods.openTenant, { tenantId });

describe("a tenant", () => {
  test("comes to exist in four steps, each of which changes nothing the second time", async () => {
    const tenantId = anyTenant();
    const placed = { tenantId, cluster: "main" as const };
    const changed = async (): Promise<boolean[]> => [
      (await call(folder.agentSocket, methods.ensureRoles, placed)).changed,
      (await call(folder.agentSocket, methods.ensureDatabase, placed)).changed,
      (await call(folder.agentSocket, methods.ensureKey, { tenantId })).changed,
      (await call(folder.agentSocket, methods.ensureFiles, { tenantId })).changed,
    ];
    assert.deepEqual(await changed(), [true, true, true, true]);
    const first = await open(tenantId);
    assert.deepEqual(await changed(), [false, false, false, false]);
    assert.deepEqual(await open(tenantId), first);
  });

  test("is opened only when all of it exists", async () => {
    const tenantId = anyTenant();
    await assert.rejects(open(tenantId), { code: "not_found" });
    await agent.tenants.ensureRoles(tenantId, "main");
    await assert.rejects(open(tenantId), { code: "not_found" });
    await agent.tenants.ensureDatabase(tenantId, "main");
    await assert.rejects(open(tenantId), { code: "not_found" });
    await agent.tenants.ensureKey(tenantId);
    await agent.tenants.ensureFiles(tenantId);
    assert.equal(Buffer.from((await open(tenantId)).dataKey, "base64").length, 32);
  });

  test("works over TLS 1.2 or newer with a 256-bit cipher, in UTF-8 with collation C", async () => {
    const { connection } = await open(await makeTenant(folder));
    assert.deepEqual(
      await query(
        connection,
        "SELECT current_setting('server_encoding'), datcollate FROM pg_database WHERE datname = current_database()",
      ),
      ["UTF8", "C"],
    );
    const client = await connect(connection);
    const sessions = await main().administration.query<{ version: string; bits: number }>(
      "SELECT s.version, s.bits FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE a.usename = $1 AND s.ssl",
      [connection.user],
    );
    await client.end();
    assert.ok(
      sessions.length > 0 &&
        sessions.every(({ version, bits }) => /^TLSv1\.[23]$/.test(version) && bits === 256),
    );
  });

  test("lets its owner make tables through a passing role, and its login role use but not change them", async () => {
    const tenantId = await makeTenant(folder);
    await deploy(folder, tenantId, "CREATE TABLE note (id integer GENERATED ALWAYS AS IDENTITY, body text)");
    const { connection } = await open(tenantId);
    assert.deepEqual(await query(connection, "INSERT INTO note (body) VALUES ('a') RETURNING id"), [1]);
    assert.deepEqual(await query(connection, "UPDATE note SET body = 'b' RETURNING body"), ["b"]);
    for (const statement of [
      "CREATE TABLE mine (id int)",
      "ALTER TABLE note ADD x int",
      "DROP TABLE note",
      "TRUNCATE note",
      "CREATE SCHEMA s",
    ])
      await assert.rejects(query(connection, statement), { code: "42501" }, statement);
  });

  test("has a passing role that can do nothing before it becomes the owner, and is gone when closed", async () => {
    const tenantId = await makeTenant(folder);
    const { connection, validUntil } = await call(folder.agentSocket, methods.openForDeploy, { tenantId });
    assert.ok(Date.parse(validUntil) <= Date.now() + 15 * 60_000);
    await assert.rejects(query(connection, "CREATE TABLE public.x (id int)"), { code: "42501" });
    const client = await connect(connection);
    assert.equal((await call(folder.agentSocket, methods.closeDeploy, { tenantId })).changed, true);
    await assert.rejects(client.query("SELECT 1"));
    await assert.rejects(connect(connection), { code: "28P01" });
    assert.equal((await call(folder.agentSocket, methods.closeDeploy, { tenantId })).changed, false);
  });

  test("loses a passing role that nobody closed once its time is over and nobody works with it", async () => {
    const later = new ManualClock(Date.now());
    const logins = new PassingLogins({
      clusters: agent.clusters,
      turns: new Turns(),
      clock: later,
      random: systemRandom,
    });
    const tenantId = await makeTenant(folder);
    const { connection } = await logins.openForDeploy(tenantId);
    const client = await connect(connection);
    later.advance(16 * 60_000);
    await logins.sweep();
    assert.deepEqual((await client.query("SELECT 1 AS one")).rows, [{ one: 1 }]);
    await client.end();
    await until(async () => {
      await logins.sweep();
      return !(
        await main().administration.query("SELECT FROM pg_roles WHERE rolname = $1", [connection.user])
      ).length;
    });
  });

  test("is removed without a trace, and removing it again changes nothing", async () => {
    const before = await call(folder.agentSocket, methods.inventory, {});
    const tenantId = await makeTenant(folder);
    await call(folder.agentSocket, methods.openForDeploy, { tenantId });
    assert.notDeepEqual(await call(folder.agentSocket, methods.inventory, {}), before);
    assert.deepEqual(await remove(tenantId), [true, true, true, true]);
    assert.deepEqual(await call(folder.agentSocket, methods.inventory, {}), before);
    assert.deepEqual(await remove(tenantId), [false, false, false, false]);
  });

  test("keeps its roles while its database exists", async () => {
    const tenantId = await makeTenant(folder);
    await assert.rejects(call(folder.agentSocket, methods.removeRoles, { tenantId }), { code: "conflict" });
  });

  test("of which only a part was made is completed by making it again", async () => {
    const tenantId = await makeTenant(folder);
    const { database } = (await open(tenantId)).connection;
    const cluster = main().administration;
    await cluster.query(`COMMENT ON DATABASE "${database}" IS NULL`);
    await cluster.query(`GRANT CONNECT ON DATABASE "${database}" TO PUBLIC`);
    await agent.tenants.settle();
    assert.ok(!readFileSync(join(folder.clusters, "main", "pg_hba.conf"), "utf8").includes(database));
    await assert.rejects(open(tenantId), { code: "not_found" });
    assert.equal(await agent.tenants.ensureDatabase(tenantId, "main"), true);
    assert.deepEqual(
      await query(
        (await open(tenantId)).connection,
        "SELECT has_database_privilege('public', current_database(), 'CONNECT')",
      ),
      [false],
    );
  });

  test("is read for a backup by a role that changes nothing and dies with its last user", async () => {
    const tenantId = await makeTenant(folder);
    await deploy(folder, tenantId, "CREATE TABLE note (body text)", "INSERT INTO note VALUES ('a')");
    const lent = await agent.logins.reading(tenantId, async (connection) => {
      await agent.logins.reading(tenantId, async (second) => assert.deepEqual(second, connection));
      assert.deepEqual(await query(connection, "SELECT body FROM note"), ["a"]);
      await assert.rejects(query(connection, "DELETE FROM note"), { code: "25006" });
      const writing = { options: "-c default_transaction_read_only=off" };
      await assert.rejects(query(connection, "DELETE FROM note", writing), { code: "42501" });
      return connection;
    });
    await assert.rejects(connect(lent), { code: "28P01" });
  });
});

describe("many tenants", () => {
  test("that come to exist and go at once are all let in, and only they", async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => makeTenant(folder)));
    const gone = made.splice(4);
    await Promise.all([
      ...gone.map(remove),
      ...Array.from({ length: 2 }, async () => made.push(await makeTenant(folder))),
    ]);
    for (const tenantId of made)
      assert.deepEqual(await query((await open(tenantId)).connection, "SELECT 1"), [1]);
    const access = readFileSync(join(main().dataFolder, "pg_hba.conf"), "utf8");
    for (const tenantId of gone) assert.ok(!access.includes(tenantId.replaceAll("-", "")));
  });
});

describe("between two tenants of one cluster (ISO-2)", () => {
  let acme: methods.Connection;
  let globex: methods.Connection;

  before(async () => {
    acme = (await open(await makeTenant(folder))).connection;
    globex = (await open(await makeTenant(folder))).connection;
  });

  test("the credentials of one do not open the other's database, nor any else", async () => {
    for (const database of [globex.database, "postgres", "template1"])
      await assert.rejects(connect(acme, { database }), { code: "28000" }, database);
  });

  test("even a mistaken grant opens nothing: the host access file refuses as well", async () => {
    const cluster = main().administration;
    await cluster.query(`GRANT CONNECT ON DATABASE "${globex.database}" TO "${acme.user}"`);
    await assert.rejects(connect(acme, { database: globex.database }), { code: "28000" });
    await cluster.query(`REVOKE CONNECT ON DATABASE "${globex.database}" FROM "${acme.user}"`);
  });

  test("even a mistaken line of the host access file opens nothing: the grant is missing as well", async () => {
    const path = join(folder.clusters, "main", "pg_hba.conf");
    const kept = readFileSync(path, "utf8");
    const cluster = main().administration;
    writeFileSync(
      path,
      kept.replace(
        "local all all reject",
        "hostssl all all 127.0.0.1/32 scram-sha-256\nlocal all all reject",
      ),
    );
    await cluster.query("SELECT pg_reload_conf()");
    try {
      await assert.rejects(
        reloaded(() => connect(acme, { database: globex.database })),
        { code: "42501" },
      );
    } finally {
      writeFileSync(path, kept);
      await cluster.query("SELECT pg_reload_conf()");
    }
  });

  test("a connection without TLS, with another password or as administrator is refused", async () => {
    await assert.rejects(connect(acme, { ssl: false }), { code: "28000" });
    await assert.rejects(connect(acme, { password: "guess" }), { code: "28P01" });
    await assert.rejects(connect(acme, { user: "holdfast", database: "postgres" }), { code: "28000" });
  });

  test("a login role reaches no file, program, language, extension, large object or other session", async () => {
    const refused = [
      "SELECT pg_read_file('/etc/passwd')",
      "SELECT pg_ls_dir('/')",
      "COPY (SELECT 1) TO PROGRAM 'id'",
      "COPY (SELECT 1) TO '/tmp/holdfast-canary'",
      "CREATE EXTENSION dblink",
      "CREATE EXTENSION postgres_fdw",
      "CREATE EXTENSION pg_trgm",
      "CREATE FOREIGN DATA WRAPPER w",
      "CREATE SERVER s FOREIGN DATA WRAPPER w",
      "DO $$ BEGIN END $$",
      "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
      "CREATE TEMP TABLE t (id int)",
      "SELECT lo_create(0)",
      "SELECT lo_from_bytea(0, 'x')",
      "SELECT pg_sleep(1)",
      "SELECT * FROM pg_stat_activity",
      "SELECT * FROM pg_stat_get_activity(NULL)",
      "SELECT * FROM pg_locks",
      "SELECT rolpassword FROM pg_authid",
      "SELECT pg_reload_conf()",
      "CREATE ROLE x",
      "CREATE DATABASE x",
      "ALTER SYSTEM SET work_mem = '1GB'",
      "SET temp_file_limit = '100GB'",
      "SET ROLE holdfast",
      `SET ROLE "${globex.user}"`,
      `SET ROLE "${acme.user.replace("r_", "o_")}"`,
      `SELECT pg_database_size('${globex.database}')`,
      `GRANT "${acme.user.replace("r_", "o_")}" TO "${acme.user}"`,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_get_backend_idset() b, pg_stat_get_backend_pid(b) pid`,
    ];
    for (const statement of refused)
      await assert.rejects(query(acme, statement), { code: /^(42501|42704|0A000|22023)$/ }, statement);
  });

  test("even the owner installs no extension that leaves the database", async () => {
    const tenantId = await makeTenant(folder);
    for (const extension of ["dblink", "postgres_fdw", "file_fdw", "adminpack", "plperlu", "plpython3u"])
      await assert.rejects(
        deploy(folder, tenantId, `CREATE EXTENSION ${extension}`),
        (error: { code: string }) => ["42501", "0A000", "58P01"].includes(error.code),
        extension,
      );
  });

  test("what shared catalogs show of the other is opaque", async () => {
    const names = await query(
      acme,
      "SELECT datname FROM pg_database UNION ALL SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_'",
    );
    for (const name of names)
      assert.match(String(name), /^([tordb]_[0-9a-f]{32}|postgres|template[01]|holdfast)$/);
  });

  test("the control cluster is another one altogether", async () => {
    const control = (await open(await makeTenant(folder, "control"))).connection;
    assert.notEqual(control.port, acme.port);
    await assert.rejects(connect(acme, { port: control.port, database: control.database }), {
      code: "28000",
    });
  });
});

describe("a running cluster", () => {
  test("has a log within its limit", async () => {
    const log = join(folder.logs, "postgres-main.log");
    appendFileSync(log, "x".repeat(maxLogBytes + 500_000));
    const limit = performance.now() + 20_000;
    while (statSync(log).size > maxLogBytes) {
      assert.ok(performance.now() < limit, "nobody cuts the log");
      await wait(20);
    }
    assert.equal(statSync(`${log}.1`).size, maxLogBytes);
  });
});

describe("the agent", () => {
  test("answers on a socket that others than its owner and one group cannot open", () => {
    assert.equal(statSync(folder.agentSocket).mode & 0o777, 0o660);
  });

  test("is alone in its folder", async () => {
    await assert.rejects(startAgent({ folder, sync: false }), { code: "conflict" });
  });

  test("names three vaults on two continents, and says that they are simulated", async () => {
    const { vaults } = await call(folder.agentSocket, methods.listVaults, {});
    assert.equal(vaults.length, 3);
    assert.equal(new Set(vaults.map((vault) => vault.continent)).size, 2);
    assert.ok(vaults.every((vault) => vault.simulated));
  });

  test("gives a certificate only for names that can be hosts", async () => {
    await assert.rejects(call(folder.agentSocket, methods.issueCertificate, { hosts: ["../../etc"] }));
    assert.match(
      (await call(folder.agentSocket, methods.issueCertificate, { hosts: ["a.localhost"] })).certificatePem,
      /BEGIN/,
    );
  });
});

/** Tries until the cluster has read its files again: a connection refused by the old ones is retried. */
async function reloaded<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if ((error as { code?: string }).code !== "28000" || tries > 100) throw error;
    }
  }
}

/** Waits for a condition, at most ten seconds. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await condition())) assert.ok(performance.now() < deadline, "the condition came about in time");
}

test("a login that changed its own password and defaults is as it was made after a start", async () => {
  const tenantId = await makeTenant(folder);
  const { connection } = await open(tenantId);
  const session = await connect(connection);
  await session.query("ALTER ROLE CURRENT_USER SET default_transaction_read_only = on");
  await session.query(
    `ALTER ROLE CURRENT_USER IN DATABASE ${connection.database} SET search_path = pg_catalog`,
  );
  await session.query("ALTER ROLE CURRENT_USER PASSWORD 'mine'");
  await session.end();
  await assert.rejects(query(connection, "SELECT 1"), /authentication failed/);
  await agent.tenants.settle();
  assert.deepEqual(await query(connection, "SHOW default_transaction_read_only"), ["off"]);
  assert.deepEqual(await query(connection, "SHOW search_path"), ["public"]);
});
