import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { shopApp } from "../testing/shop-app.ts";
import { type Database, openDatabase } from "./database.ts";
import { ConstraintViolation } from "./failures.ts";
import { literal, sql } from "./sql.ts";
import type { Transaction } from "./statements.ts";

let db: TestDatabase;
let database: Database;

before(async () => {
  db = await testDatabase([shopApp]);
  database = db.database;
  await database.rows(
    sql`CREATE TABLE counter (id integer PRIMARY KEY, n integer NOT NULL CHECK (n < 1000))`,
  );
  await database.rows(sql`INSERT INTO counter VALUES (1, 0), (2, 0)`);
});
after(() => db.close());

const counted = async (id: number) =>
  (await database.tuples(sql`SELECT n FROM counter WHERE id = ${id}`))[0]?.[0];

async function addOne(transaction: Transaction, id: number): Promise<void> {
  const [row] = await transaction.rows<{ n: number }>(sql`SELECT n FROM counter WHERE id = ${id}`);
  await transaction.rows(sql`UPDATE counter SET n = ${(row?.n ?? 0) + 1}::integer WHERE id = ${id}`);
}

/** Lets two transactions begin their work before either goes on. */
function meetingPoint(count: number): () => Promise<void> {
  const met = Promise.withResolvers<void>();
  let waiting = 0;
  return () => {
    if (++waiting >= count) met.resolve();
    return met.promise;
  };
}

describe("a transaction", () => {
  test("that fails changes nothing, and runs no action after it", async () => {
    let ran = false;
    const failing = database.transaction(async (transaction) => {
      transaction.afterCommit(() => {
        ran = true;
      });
      await transaction.rows(sql`UPDATE counter SET n = 99 WHERE id = 1`);
      throw new RangeError("no");
    });
    await assert.rejects(failing, RangeError);
    assert.deepEqual([ran, await counted(1)], [false, 0]);
  });

  test("whose failed statement was swallowed is not reported as done", async () => {
    const swallowing = database.transaction(async (transaction) => {
      await transaction.rows(sql`UPDATE counter SET n = 99 WHERE id = 1`);
      await transaction.rows(sql`SELECT 1 / 0`).catch(() => undefined);
    });
    await assert.rejects(swallowing, { name: "AssertionFailed" });
    assert.equal(await counted(1), 0);
  });

  test("runs again when another one was in the way, so that no change is lost", async () => {
    const meet = meetingPoint(2);
    let runs = 0;
    const add = () =>
      database.transaction(async (transaction) => {
        runs += 1;
        await transaction.rows(sql`SELECT n FROM counter WHERE id = 1`);
        await meet();
        await addOne(transaction, 1);
      });
    await Promise.all([add(), add()]);
    assert.deepEqual([await counted(1), runs], [2, 3]);
  });

  test("runs again after a deadlock", async () => {
    const meet = meetingPoint(2);
    const both = (first: number, second: number) =>
      database.transaction(async (transaction) => {
        await transaction.rows(sql`UPDATE counter SET n = n + 10 WHERE id = ${first}`);
        await meet();
        await transaction.rows(sql`UPDATE counter SET n = n + 10 WHERE id = ${second}`);
      });
    const before = [await counted(1), await counted(2)] as [number, number];
    await Promise.all([both(1, 2), both(2, 1)]);
    assert.deepEqual([await counted(1), await counted(2)], [before[0] + 20, before[1] + 20]);
  });

  test("succeeds however many want the same row", async () => {
    const before = (await counted(2)) as number;
    const wide = openDatabase({ ...db.connection, maxConnections: 12 });
    await Promise.all(
      Array.from({ length: 24 }, () => wide.transaction((transaction) => addOne(transaction, 2))),
    );
    await wide.close();
    assert.equal(await counted(2), before + 24);
  });

  test("gives up as a conflict after its attempts", async () => {
    const meet = meetingPoint(2);
    const add = () =>
      database.transaction(
        async (transaction) => {
          await transaction.rows(sql`SELECT n FROM counter WHERE id = 1`);
          await meet();
          await addOne(transaction, 1);
        },
        { attempts: 1 },
      );
    const [one, other] = await Promise.allSettled([add(), add()]);
    const failed = [one, other].filter((result) => result.status === "rejected");
    assert.equal(failed.length, 1);
    assert.equal(failed[0]?.reason.code, "conflict");
  });

  test("runs its actions after the commit, and a failing one changes no answer", async () => {
    const seen: unknown[] = [];
    const result = await database.transaction(async (transaction) => {
      transaction.afterCommit(() => {
        throw new Error("mail server");
      });
      transaction.afterCommit(() => seen.push("after"));
      return "answer";
    });
    assert.deepEqual([result, seen], ["answer", ["after"]]);
  });
});

describe("a failed statement", () => {
  test("that broke a constraint names kind, table and column, and tells no statement", async () => {
    const failures = [
      [sql`INSERT INTO counter VALUES (1, 0)`, "unique", ""],
      [sql`INSERT INTO counter VALUES (3, NULL)`, "missing", "n"],
      [sql`INSERT INTO counter VALUES (3, 1000)`, "check", ""],
      [sql`INSERT INTO counter VALUES (3, ${"99999999999"}::numeric)`, "range", ""],
      [sql`INSERT INTO rel_shop_order_tag_ids VALUES (1, 1)`, "reference", ""],
    ] as const;
    for (const [statement, kind, column] of failures) {
      const error = await database.rows(statement).catch((caught: unknown) => caught);
      assert.ok(error instanceof ConstraintViolation, kind);
      assert.deepEqual([error.kind, error.column], [kind, column]);
      assert.doesNotMatch(error.message, /INSERT|counter/);
    }
  });

  test("says `unavailable` when there is no server, no database or no entry", async () => {
    const nowhere = [
      { ...db.connection, host: "/nonexistent" },
      { ...db.connection, host: "127.0.0.1", port: 1 },
      { ...db.connection, database: "nobody_made_it" },
      { ...db.connection, user: "nobody" },
    ];
    for (const connection of nowhere) {
      const lost = openDatabase(connection);
      await assert.rejects(lost.rows(sql`SELECT 1`), { code: "unavailable" }, JSON.stringify(connection));
      await assert.rejects(
        lost.transaction((transaction) => transaction.rows(sql`SELECT 1`)),
        { code: "unavailable" },
      );
      await lost.close();
    }
  });

  test("says `unavailable` when the connection is cut, and the next one works", async () => {
    const cut = database.transaction(async (transaction) => {
      const [row] = await transaction.rows<{ pid: number }>(sql`SELECT pg_backend_pid() AS pid`);
      await database.rows(sql`SELECT pg_terminate_backend(${row?.pid}::integer)`);
      await transaction.rows(sql`SELECT 1`);
    });
    await assert.rejects(cut, { code: "unavailable" });
    assert.deepEqual(await database.tuples(sql`SELECT 1`), [[1]]);
  });

  test("says `unavailable` when it runs longer than statements may", async () => {
    const slow = database.transaction(async (transaction) => {
      await transaction.rows(sql`SET LOCAL statement_timeout = ${literal(20)}`);
      await transaction.rows(sql`SELECT pg_sleep(10)`);
    });
    await assert.rejects(slow, { code: "unavailable", message: /longer/ });
  });
});

test("exact numbers stay text, days and moments become Temporal values, counts numbers", async () => {
  const [row] = await database.tuples(
    sql`SELECT 12345678901234567.89::numeric, '2026-11-22'::date, '2026-11-22 01:02:03.000004+00'::timestamptz,
      count(*), '{"a": [1]}'::jsonb, ARRAY[1, 2], true FROM counter`,
  );
  const [number, day, moment, ...others] = row as [
    string,
    Temporal.PlainDate,
    Temporal.Instant,
    ...unknown[],
  ];
  assert.equal(number, "12345678901234567.89");
  assert.equal(day.toString(), "2026-11-22");
  assert.equal(moment.toString(), "2026-11-22T01:02:03.000004Z");
  assert.deepEqual(others, [2, { a: [1] }, [1, 2], true]);
});

test("a table of the session's own never stands in for one of ours", async () => {
  await database.transaction(async (transaction) => {
    await transaction.rows(sql`CREATE TEMPORARY TABLE counter (n integer) ON COMMIT DROP`);
    assert.equal((await transaction.tuples(sql`SELECT n FROM counter`)).length, 2);
  });
});
