import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { identityApp } from "../testing/identity-app.ts";
import { ConnectionBudget } from "./connection-budget.ts";
import { type Database, openDatabase } from "./database.ts";
import { sql } from "./sql.ts";

const names: TestDatabase[] = [];
before(async () => {
  for (let n = 0; n < 4; n++) names.push(await testDatabase([identityApp], { install: false }));
});
after(async () => {
  for (const one of names) await one.close();
});

async function within(
  most: number,
  work: (databases: readonly Database[], budget: ConnectionBudget) => Promise<void>,
) {
  const budget = new ConnectionBudget(most);
  const databases = names.map((one) => openDatabase({ ...one.connection, budget }));
  try {
    await work(databases, budget);
  } finally {
    await Promise.all(databases.map((one) => one.close()));
  }
  assert.equal(budget.used, 0);
}

test("one database after another gets its place from the one that was quiet for longest", () =>
  within(2, async (databases, budget) => {
    for (let round = 0; round < 3; round++)
      for (const database of databases) {
        assert.deepEqual(await database.rows(sql`SELECT 1 AS one`), [{ one: 1 }]);
        assert.ok(budget.used <= 2, `${budget.used} are open`);
      }
  }));

test("many at once over many databases never open more than the budget, and all are answered", () =>
  within(3, async (databases, budget) => {
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, budget.used)), 1);
    const work = Array.from({ length: 60 }, (_, n) =>
      databases[n % 4]!.rows(sql`SELECT pg_sleep(0.005), ${n}::int AS n`),
    );
    const rows = await Promise.all(work);
    clearInterval(watch);
    assert.deepEqual(
      rows.map(([row]) => row?.["n"]),
      Array.from({ length: 60 }, (_, n) => n),
    );
    assert.ok(most <= 3, `${most} were open`);
  }));

test("transactions count too, and give their place back", () =>
  within(1, async (databases) => {
    for (const database of databases)
      assert.equal(
        await database.transaction(async (inside) => (await inside.rows(sql`SELECT 7 AS n`))[0]?.["n"]),
        7,
      );
  }));

test("when every connection stays at work, the next one is told so", () =>
  within(1, async ([first, second]) => {
    const long = first!.rows(sql`SELECT pg_sleep(6)`);
    await assert.rejects(second!.rows(sql`SELECT 1`), { code: "unavailable" });
    await long;
  }));
