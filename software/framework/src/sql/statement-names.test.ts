import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { shopApp } from "../testing/shop-app.ts";
import { type Database, openDatabase } from "./database.ts";
import { sql, steady } from "./sql.ts";
import { maxNamed, StatementNames } from "./statement-names.ts";

let db: TestDatabase;
let database: Database;
before(async () => {
  db = await testDatabase([shopApp]);
  await db.database.rows(sql`CREATE TABLE box (id integer PRIMARY KEY)`);
  database = openDatabase({ ...db.connection, maxConnections: 1 });
});
after(async () => {
  await database.close();
  await db.close();
});

const kept = () =>
  database.rows<{ statement: string }>(
    sql`SELECT statement FROM pg_prepared_statements ORDER BY prepare_time`,
  );

test("a text has a name from the third time on, and each text one of its own", () => {
  const names = new StatementNames();
  assert.deepEqual([names.of("a"), names.of("a")], [undefined, undefined]);
  const name = names.of("a");
  assert.match(name ?? "", /^hf\d+$/);
  for (let time = 0; time < 3; time++) names.of("b");
  assert.equal(names.of("a"), name);
  assert.notEqual(names.of("b"), name);
});

test("names are bounded, and none is given to two texts", () => {
  const names = new StatementNames();
  const given = new Set<string>();
  for (let text = 0; text < 3 * maxNamed; text++)
    for (let time = 0; time < 3; time++) {
      const name = names.of(`text ${text}`);
      if (name !== undefined) given.add(name);
    }
  assert.equal(given.size, 3 * maxNamed);
});

test("a steady statement that comes often is prepared, any other is not", async () => {
  for (let n = 0; n < 4; n++) {
    assert.deepEqual(await database.tuples(steady(sql`SELECT ${n}::integer + 1`)), [[n + 1]]);
    await database.tuples(sql`SELECT ${n}::integer + 2`);
  }
  assert.deepEqual(
    (await kept()).map((row) => row.statement),
    ["SELECT $1::integer + 1"],
  );
});

test("it works as the first one of a transaction, after it has failed, and in one that failed", async () => {
  const insert = (id: number) => steady(sql`INSERT INTO box VALUES (${id}) RETURNING id`);
  const add = (id: number) => database.transaction((transaction) => transaction.tuples(insert(id)));
  for (const id of [1, 2, 3, 4]) assert.deepEqual(await add(id), [[id]]);
  await assert.rejects(add(4), { name: "ConstraintViolation" });
  await assert.rejects(
    database.transaction(async (transaction) => {
      await assert.rejects(transaction.tuples(sql`SELECT 1 / 0`));
      await transaction.tuples(insert(5));
    }),
  );
  assert.deepEqual(await add(6), [[6]]);
  assert.deepEqual(await database.tuples(sql`SELECT id FROM box ORDER BY id`), [[1], [2], [3], [4], [6]]);
});

test("what fails to begin changes nothing: the statement that went with BEGIN is skipped", async () => {
  const one = openDatabase({ ...db.connection, maxConnections: 1 });
  // Inside another transaction, a second BEGIN with an isolation of its own is refused by PostgreSQL.
  await one.rows(sql`BEGIN ISOLATION LEVEL READ COMMITTED`);
  await one.rows(sql`SELECT 1`);
  await assert.rejects(
    one.transaction((transaction) => transaction.tuples(sql`INSERT INTO box VALUES (${100})`)),
  );
  await one.close();
  assert.deepEqual(await database.tuples(sql`SELECT id FROM box WHERE id = 100`), []);
});

test("work that asks the database nothing takes no connection", async () => {
  const nowhere = openDatabase({ ...db.connection, host: "/nonexistent" });
  assert.equal(await nowhere.transaction(async () => 7), 7);
  await nowhere.close();
});
