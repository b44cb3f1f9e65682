import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { shopApp } from "../testing/shop-app.ts";
import { openDatabase } from "./database.ts";
import { sql } from "./sql.ts";

let db: TestDatabase;
before(async () => {
  db = await testDatabase([shopApp]);
});
after(() => db.close());

const pid = sql`SELECT pg_backend_pid()`;

test("statements of one request that are asked for together share a connection, in their order", async () => {
  const database = openDatabase({ ...db.connection, maxConnections: 4 });
  const request = database.oneRequest();
  const answers = await Promise.all([
    request.tuples(pid),
    request.tuples(sql`SELECT set_config('holdfast.seen', 'yes', false)`),
    request.tuples(sql`SELECT current_setting('holdfast.seen')`),
    request.texts(pid),
  ]);
  const first = answers[0][0]?.[0];
  assert.deepEqual(answers, [[[first]], [["yes"]], [["yes"]], [[String(first)]]]);
  await database.close();
});

test("the connection is given back with the last answer", async () => {
  const database = openDatabase({ ...db.connection, maxConnections: 1 });
  const request = database.oneRequest();
  await request.tuples(pid);
  await database.transaction((transaction) => transaction.tuples(pid));
  assert.equal((await request.tuples(pid)).length, 1);
  await database.close();
});

test("one that fails takes no other with it", async () => {
  const request = db.database.oneRequest();
  const outcomes = await Promise.allSettled([
    request.tuples(sql`SELECT 1`),
    request.tuples(sql`SELECT 1 / 0`),
    request.tuples(sql`SELECT 2`),
  ]);
  assert.deepEqual(
    outcomes.map((outcome) => outcome.status),
    ["fulfilled", "rejected", "fulfilled"],
  );
});

test("a connection that is cut fails all that were under way, and the next request works", async () => {
  const database = openDatabase({ ...db.connection, maxConnections: 1 });
  const request = database.oneRequest();
  const sleeping = Promise.allSettled([
    request.tuples(sql`SELECT pg_sleep(30)`),
    request.tuples(sql`SELECT 1`),
  ]);
  const asleep = sql`SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(30)%'`;
  let found: unknown[][] = [];
  const limit = performance.now() + 10_000;
  while (found.length === 0 && performance.now() < limit) found = await db.database.tuples(asleep);
  await db.database.tuples(sql`SELECT pg_terminate_backend(${found[0]?.[0]}::integer)`);
  for (const outcome of await sleeping)
    assert.equal(outcome.status === "rejected" && outcome.reason.code, "unavailable");
  assert.deepEqual(await database.oneRequest().tuples(sql`SELECT 3`), [[3]]);
  await database.close();
});

test("says `unavailable` when there is no server", async () => {
  const nowhere = openDatabase({ ...db.connection, host: "/nonexistent" });
  await assert.rejects(nowhere.oneRequest().tuples(sql`SELECT 1`), { code: "unavailable" });
  await nowhere.close();
});

test("a transaction's work waits for what it was told to, and never begins when that is refused", async () => {
  let ran = 0;
  const work = async () => void (ran += 1);
  const refused = Promise.reject(new RangeError("no"));
  await assert.rejects(db.database.transaction(work, { until: refused }), RangeError);
  assert.equal(ran, 0);
  await db.database.transaction(work, { until: Promise.resolve() });
  assert.equal(ran, 1);
});
