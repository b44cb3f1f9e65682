import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { readContext } from "../../remote/call.ts";
import { searchReadRecords } from "../../remote/records-verbs.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { orders, products, shopApp, users } from "../../testing/shop-app.ts";

let db: TestDatabase;
before(async () => {
  db = await testDatabase([shopApp]);
  await db.data.writing(db.system(), async (env) => {
    const [bob] = (await env.of(users).create([{ name: "Bob" }])) as [number];
    const goods = (await env
      .of(products)
      .create([
        { name: "Rake" },
        { name: "Rake" },
        { name: "Äxte" },
        { name: "Of Bob", user_id: bob },
      ])) as number[];
    const moment = (text: string) => Temporal.Instant.from(`2026-11-22T10:00:00${text}Z`);
    const moments = [moment(".1"), moment(".2"), moment(""), moment(".999999"), null, null];
    await env.of(orders).create(
      Array.from({ length: 41 }, (_, at) => ({
        user_id: 1,
        name: ["b", "a", "Ä", "A", "ab"][at % 5] as string,
        priority: [1, null, -3, 1, 2, null, 0][at % 7] as number | null,
        product_id: [...goods, null][at % 6] ?? null,
        confirmed_at: moments[at % moments.length] ?? null,
        ordered_on: at % 4 === 0 ? null : Temporal.PlainDate.from(`2026-01-0${1 + (at % 3)}`),
      })) as never,
    );
  });
});
after(() => db.close());

const fields = [
  "name",
  "priority",
  "product_id",
  "confirmed_at",
  "ordered_on",
  "locked",
  "total",
  "state",
] as const;
const sortings = [
  "id",
  "id desc",
  "name",
  "name desc, priority",
  "priority, name desc",
  "priority desc, id desc",
  "priority asc nulls first, ordered_on desc nulls last",
  "product_id, priority",
  "product_id desc",
  "product_id asc nulls first, confirmed_at desc",
  "confirmed_at",
  "confirmed_at desc, name",
  "ordered_on desc, locked, total, state",
];

describe("pages by key hold every record once, in order, under ties and with what is not set", () => {
  for (const order of sortings)
    test(order, async () => {
      const actor = db.actor({ groups: ["shop.user"] });
      const env = db.data.reading(actor);
      const all = await env.of(orders).searchRead([], fields, { order });
      assert.equal(all.length, 41);
      const keys = order.split(",").map((term) => term.trim().split(" ")[0] as string);
      const names = keys.includes("id") ? keys : [...keys, "id"];
      const pagesOf = async (next: (after: unknown[] | undefined) => Promise<Record<string, unknown>[]>) => {
        const seen: unknown[] = [];
        for (let last: Record<string, unknown> | undefined; ; ) {
          const rows = await next(last && names.map((name) => last?.[name]));
          seen.push(...rows.map(({ id }) => id));
          last = rows.at(-1);
          if (last === undefined) return seen;
        }
      };
      const ids = all.map(({ id }) => id);
      assert.deepEqual(
        await pagesOf((after) =>
          env.of(orders).searchRead([], fields, { order, limit: 3, ...(after && { after }) }),
        ),
        ids,
      );
      const call = { env, model: orders, ids: [], single: false, context: readContext(undefined) };
      const overTheWire = (after: unknown[] | undefined) =>
        searchReadRecords(call, { domain: [], fields: [...fields], order, limit: 3, after }).then(
          (rows) => JSON.parse(JSON.stringify(rows)) as Record<string, unknown>[],
        );
      assert.deepEqual(await pagesOf(overTheWire), ids);
    });
});

test("what is not the last record's values is refused, and says which are wanted", async () => {
  const search = (after: unknown, order = "priority, name") =>
    db.data
      .reading(db.system())
      .of(orders)
      .search([], { order, after: after as unknown[] });
  for (const after of ["x", {}, [], [1, "a"], [1, "a", "3"], [1, "a", 3, 4], [1, "a", 0]])
    await assert.rejects(
      search(after),
      { code: "invalid", message: /priority, name, id/ },
      JSON.stringify(after),
    );
  for (const after of [
    ["one", "a", 1],
    [1, { a: 1 }, 1],
    [1, "\0", 1],
    [2 ** 40, "a", 1],
  ])
    await assert.rejects(search(after), { code: "invalid" }, JSON.stringify(after));
  await assert.rejects(search([["x"], 1], "product_id"), { code: "invalid" });
  const clerk = db.data.reading(db.actor({ groups: ["shop.user"] })).of(products);
  await assert.rejects(clerk.search([], { order: "cost", after: ["1", 1] }), { code: "invalid" });
});
