import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { orders, products, shopApp, users } from "../../testing/shop-app.ts";

let db: TestDatabase;
let ann: number;
let bob: number;

before(async () => {
  db = await testDatabase([shopApp]);
  await db.data.writing(db.system(), async (env) => {
    [ann, bob] = (await env.of(users).create([{ name: "Ann" }, { name: "Bob" }])) as [number, number];
    const order = (user_id: number | null, day: string | null, price: string, priority = 1) => ({
      user_id,
      ordered_on: day === null ? null : Temporal.PlainDate.from(day),
      confirmed_at: day === null ? null : Temporal.Instant.from(`${day}T23:30:00Z`),
      priority,
      line_ids: [[0, 0, { price }]] as const,
    });
    await env
      .of(orders)
      .create([
        order(ann, "2026-01-31", "10.10"),
        order(ann, "2026-02-01", "0.20", 2),
        order(bob, "2026-02-28", "5"),
        order(null, null, "1"),
      ]);
  });
});
after(() => db.close());

const all = () => db.data.reading(db.system()).of(orders);
const counts = (
  groups: readonly { readonly [name: string]: unknown; readonly __count: number }[],
  key: string,
) => groups.map((group) => [group[key], group.__count]);

test("groups by a reference have its name, their count and exact sums, in one statement", async () => {
  const statements = await db.statements(async () => {
    const groups = await all().readGroup([], ["user_id"], ["total:sum", "priority:max", "id:count_distinct"]);
    assert.deepEqual(
      groups.map(({ __domain, ...group }) => group),
      [
        {
          user_id: { id: ann, displayName: "Ann" },
          __count: 2,
          "total:sum": "10.30",
          "priority:max": 2,
          "id:count_distinct": 2,
        },
        {
          user_id: { id: bob, displayName: "Bob" },
          __count: 1,
          "total:sum": "5.00",
          "priority:max": 1,
          "id:count_distinct": 1,
        },
        { user_id: null, __count: 1, "total:sum": "1.00", "priority:max": 1, "id:count_distinct": 1 },
      ],
    );
  });
  assert.equal(statements.length, 1);
});

test("each group's domain finds its records", async () => {
  for (const keys of [
    ["user_id"],
    ["state"],
    ["ordered_on:month"],
    ["confirmed_at:quarter", "user_id"],
    ["priority", "ordered_on:day"],
  ])
    for (const group of await all().readGroup([["id", ">", 0]], keys, []))
      assert.equal(await all().count(group.__domain), group.__count, JSON.stringify(group.__domain));
});

test("dates fall into buckets that begin at their first day; moments in the actor's own time zone", async () => {
  const days = (groups: readonly Record<string, unknown>[], key: string) =>
    groups.map((group) => group[key]?.toString());
  assert.deepEqual(
    days(await all().readGroup([["ordered_on", "!=", false]], ["ordered_on:month"], []), "ordered_on:month"),
    ["2026-01-01", "2026-02-01"],
  );
  const there = (timeZone: string) =>
    db.data
      .reading(db.actor({ kind: "system", timeZone }))
      .of(orders)
      .readGroup([["confirmed_at", "!=", false]], ["confirmed_at:month"], []);
  assert.deepEqual(days(await there("UTC"), "confirmed_at:month"), ["2026-01-01", "2026-02-01"]);
  const paris = await there("Europe/Paris");
  assert.deepEqual(days(paris, "confirmed_at:month"), ["2026-02-01", "2026-03-01"]);
  for (const group of paris) assert.equal(await all().count(group.__domain), group.__count);
});

test("no key makes one group of all", async () => {
  assert.deepEqual(counts(await all().readGroup([], [], ["total"]), "total"), [["16.30", 4]]);
});

test("groups are sorted and cut as asked", async () => {
  const groups = await all().readGroup([["user_id", "!=", false]], ["user_id"], ["total:sum"], {
    order: "total:sum, __count desc",
    limit: 1,
  });
  assert.deepEqual(
    groups.map((group) => group["total:sum"]),
    ["5.00"],
  );
});

test("only records that the actor may read are counted", async () => {
  const mine = db.data.reading(db.actor({ groups: ["shop.user"], userId: bob })).of(orders);
  assert.deepEqual(counts(await mine.readGroup([], [], ["total:sum"]), "total:sum"), [["5.00", 1]]);
});

describe("refused are", () => {
  const cases: readonly (readonly [string, readonly string[], readonly string[], object?])[] = [
    ["collections as keys", ["line_ids"], []],
    ["rich text as a key", ["note"], []],
    ["a step on what is no date", ["user_id:month"], []],
    ["a step that is none", ["ordered_on:fortnight"], []],
    ["a function that is none", [], ["total:median"]],
    ["a function of the language's own", [], ["total:constructor"]],
    ["a sum of texts", [], ["name:sum"]],
    ["an order by something else", ["user_id"], [], { order: "total:sum" }],
    ["too many keys", ["user_id", "state", "priority", "ordered_on", "confirmed_at"], []],
  ];
  for (const [name, keys, aggregates, options] of cases)
    test(name, async () => {
      await assert.rejects(all().readGroup([], keys, aggregates, options), { code: "invalid" });
    });

  test("models that may not be read", async () => {
    await assert.rejects(
      db.data
        .reading(db.actor({ groups: ["shop.clerk"] }))
        .of(products)
        .readGroup([], [], []),
      { code: "access_denied" },
    );
  });
});

test("a time zone that is none counts as UTC", async () => {
  const groups = await db.data
    .reading(db.actor({ kind: "system", timeZone: "Nowhere/At'All" }))
    .of(orders)
    .readGroup([["confirmed_at", "!=", false]], ["confirmed_at:month"], []);
  assert.equal(groups.length, 2);
});
