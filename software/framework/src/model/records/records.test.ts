import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ManualClock } from "@holdfast/kernel/clock";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { App } from "../../modules/app.ts";
import { sql } from "../../sql/sql.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { categories, lines, orders, products, shopApp, tags, users } from "../../testing/shop-app.ts";
import { type Environment, maxRows } from "../environment.ts";

/** Whoever keeps products and sees no order. */
const stockApp: App = {
  name: "stock",
  label: "Stock",
  version: "1",
  depends: ["shop"],
  models: [],
  groups: [{ key: "stock.keeper", label: "Stock keeper" }],
  rights: [{ group: "stock.keeper", model: "shop.product", allow: ["read", "delete"] }],
};
const start = Date.UTC(2026, 10, 22, 9, 30);
const clock = new ManualClock(start);
let db: TestDatabase;
before(async () => {
  db = await testDatabase([shopApp, stockApp], { clock });
});
after(() => db.close());

const writing = <T>(work: (env: Environment) => Promise<T>) => db.data.writing(db.system(), work);
const reading = () => db.data.reading(db.system());
const one = async (values: Record<string, unknown>) =>
  ((await writing((env) => env.of(products).create([{ name: "Rake", ...values }]))) as [number])[0];

describe("what does not fit is refused, in the words of the model", () => {
  const refused: readonly (readonly [
    string,
    Record<string, unknown>,
    { readonly code: string; readonly message: RegExp },
  ])[] = [
    [
      "a field that is not there",
      { nmae: "x" },
      { code: "invalid", message: /"Product" has no field "nmae" \(did you mean "name"\?\)/ },
    ],
    [
      "a name of the language's own",
      { constructor: 1 },
      { code: "invalid", message: /has no field "constructor"/ },
    ],
    [
      "a required field unset",
      { name: null },
      { code: "invalid", message: /"Name" of "Product" is required/ },
    ],
    [
      "a value of the wrong kind",
      { price: "free" },
      { code: "invalid", message: /"Price" of "Product" cannot be "free"/ },
    ],
    [
      "a reference to nothing",
      { category_id: 1_999_999_999 },
      { code: "invalid", message: /"Category" of "Product" refers to a record that does not exist/ },
    ],
  ];
  for (const [name, values, expected] of refused)
    test(name, async () => {
      await assert.rejects(one(values), expected);
      await assert.rejects(
        writing((env) => env.of(products).write([1], values as never)),
        ({ code }: { code: string }) => ["invalid", "not_found"].includes(code),
      );
    });

  test("a value that another record has already", async () => {
    await one({ code: "R1" });
    const error = await one({ code: "R1" }).catch((caught: Error) => caught);
    assert.ok(error instanceof Error);
    assert.match(error.message, /Another record of "Product" has the same "Code" already/);
    assert.doesNotMatch(error.message, /shop_product|INSERT|R1/);
  });

  test("deleting what others refer to, naming them", async () => {
    const id = await one({});
    await writing(async (env) => {
      const [order] = (await env.of(orders).create([{}])) as [number];
      await env.of(lines).create([{ order_id: order, product_id: id }]);
    });
    await assert.rejects(
      writing((env) => env.of(products).unlink([id])),
      {
        code: "conflict",
        message: /Records of "Line" still refer to it as "Product"/,
      },
    );
  });

  test("deleting what only hidden ones refer to, naming none of them", async () => {
    const id = await one({});
    await writing(async (env) => {
      const [order] = (await env.of(orders).create([{}])) as [number];
      await env.of(lines).create([{ order_id: order, product_id: id }]);
    });
    const keeper = db.actor({ groups: ["stock.keeper"] });
    const refused = db.data.writing(keeper, (env) => env.of(products).unlink([id]));
    const error = await refused.catch((caught: ExpectedError) => caught);
    assert.ok(error instanceof ExpectedError);
    assert.equal(error.code, "conflict");
    assert.equal(error.message, "Other records still refer to it.");
    assert.doesNotMatch(JSON.stringify([error.hint, error.about]), /Line|Product/);
  });

  test("more records than one call takes", async () => {
    const ids = Array.from({ length: maxRows + 1 }, (_, n) => n + 1);
    const manager = db.actor({ groups: ["shop.manager"] });
    const verbs: ((env: Environment) => Promise<unknown>)[] = [
      (env) => env.of(products).read(ids, ["name"]),
      (env) => env.of(products).exists(ids),
      (env) => env.of(products).write(ids, { name: "x" }),
      (env) => env.of(products).unlink(ids),
      (env) => env.of(products).create(ids.map(() => ({ name: "x" }))),
    ];
    for (const verb of verbs)
      await assert.rejects(db.data.writing(manager, verb), { code: "too_large" }, verb.toString());
  });

  test("limits, offsets and orders that are none", async () => {
    const search = (options: object) => reading().of(products).search([], options);
    for (const options of [
      { limit: -1 },
      { limit: 1.5 },
      { limit: maxRows * 1000 },
      { offset: -1 },
      { limit: "80" },
    ])
      await assert.rejects(search(options), { code: "invalid" }, JSON.stringify(options));
    for (const order of [
      "name; DROP TABLE x",
      "name sideways",
      "nmae",
      "name,,id",
      Array(20).fill("name").join(),
    ])
      await assert.rejects(search({ order }), { code: "invalid" }, order);
  });
});

describe("an answer is never cut off in silence", () => {
  test("more than a caller may have at once is an error, unless he says how many", async () => {
    await db.database.rows(insertTags(maxRows + 1));
    const user = db.data.reading(db.actor({ groups: ["shop.user", "shop.manager"] })).of(tags);
    await assert.rejects(user.search([]), { code: "too_large", message: /More than 10000/ });
    assert.equal((await user.search([], { limit: 5 })).length, 5);
    assert.equal(await user.count([]), maxRows + 1);
    assert.equal(await user.count([], { limit: 100 }), 100);
    assert.equal((await reading().of(tags).search([])).length, maxRows + 1);
  });
});

describe("records", () => {
  test("know who made them, who changed them, and when", async () => {
    const [ann, bob] = (await writing((env) => env.of(users).create([{ name: "Ann" }, { name: "Bob" }]))) as [
      number,
      number,
    ];
    const as = (userId: number) => db.actor({ groups: ["shop.user", "shop.manager"], userId });
    const [id] = (await db.data.writing(as(ann), (env) => env.of(tags).create([{ name: "t" }]))) as [number];
    clock.advance(60_000);
    await db.data.writing(as(bob), (env) => env.of(tags).write([id], { name: "u" }));
    const [row] = await reading()
      .of(tags)
      .read([id], ["create_uid", "create_date", "write_uid", "write_date", "display_name"]);
    assert.deepEqual(
      [row?.create_uid, row?.write_uid],
      [
        { id: ann, displayName: "Ann" },
        { id: bob, displayName: "Bob" },
      ],
    );
    assert.deepEqual(
      [row?.create_date.epochMilliseconds, row?.write_date.epochMilliseconds],
      [start, start + 60_000],
    );
    assert.equal(row?.display_name, "u");
  });

  test("come in the order of the ids that were asked for, repeated where they repeat", async () => {
    const [a, b] = [await one({ name: "a" }), await one({ name: "b" })];
    const rows = await reading().of(products).read([b, a, b], ["name"]);
    assert.deepEqual(
      rows.map((row) => row.name),
      ["b", "a", "b"],
    );
  });

  test("of every kind of field come out as they went in", async () => {
    const values = {
      name: 'O\'Neill & "Söhne" \\ {x} 😀',
      ordered_on: Temporal.PlainDate.from("2026-02-28"),
      confirmed_at: Temporal.Instant.from("2026-02-28T23:59:59.123456Z"),
      state: "done" as const,
      priority: -5,
      note: "<p>Hi</p>",
      extra: { a: [1, null, 'q"uote'], b: "ü" },
    };
    const [row] = await writing(async (env) => {
      const ids = await env.of(orders).create([values, { name: "other" }]);
      return env
        .of(orders)
        .read(ids.slice(0, 1), [
          "name",
          "ordered_on",
          "confirmed_at",
          "state",
          "priority",
          "note",
          "extra",
          "locked",
        ]);
    });
    const { ordered_on, confirmed_at, id: _id, ...plain } = row as NonNullable<typeof row>;
    assert.deepEqual(plain, {
      name: values.name,
      state: "done",
      priority: -5,
      note: "<p>Hi</p>",
      extra: values.extra,
      locked: false,
    });
    assert.equal(ordered_on?.toString(), "2026-02-28");
    assert.equal(confirmed_at?.toString(), "2026-02-28T23:59:59.123456Z");
  });

  test("are sorted as people read: by their alphabet, and by the names of what they refer to", async () => {
    const names = ["zebra", "Äpfel", "apfel", "Birne", "école", "Zoo"];
    await writing(async (env) => {
      const [parent] = (await env.of(categories).create([{ name: "sorted" }])) as [number];
      const made = await env.of(categories).create(names.map((name) => ({ name, parent_id: parent })));
      await env.of(products).create(made.map((category_id, n) => ({ name: `p${n}`, category_id })));
    });
    const rows = await reading()
      .of(products)
      .searchRead([["category_id.parent_id.name", "=", "sorted"]], ["category_id"], { order: "category_id" });
    assert.deepEqual(
      rows.map((row) => row.category_id?.displayName.slice("sorted / ".length)),
      ["apfel", "Äpfel", "Birne", "école", "zebra", "Zoo"],
    );
  });

  test("that are archived are hidden unless asked for", async () => {
    const id = await one({ name: "Archived", active: false });
    const found = (domain: unknown[], options = {}) =>
      reading()
        .of(products)
        .search([["id", "=", id], ...domain] as never, options);
    assert.deepEqual(await found([]), []);
    assert.deepEqual(await found([], { activeOnly: false }), [id]);
    assert.deepEqual(await found([["active", "in", [true, false]]]), [id]);
    assert.equal(
      await reading()
        .of(products)
        .count([["id", "=", id]]),
      0,
    );
    assert.equal((await reading().of(products).read([id], ["name"]))[0]?.name, "Archived");
  });

  test("are found by name and by the fields that name them too, in any case and accent", async () => {
    const id = await one({ name: "Bêche Été", code: "XYZ-9" });
    const found = async (query: string) =>
      (await reading().of(products).nameSearch(query, [], 5)).map((row) => row.id);
    for (const query of ["beche", "ÉTÉ", "xyz"]) assert.deepEqual(await found(query), [id], query);
    assert.deepEqual(await found("100%"), []);
    assert.deepEqual((await reading().of(products).nameSearch("beche", [], 5))[0], {
      id,
      displayName: "Bêche Été",
    });
  });

  test("take their defaults, constant or of the moment, where nothing is given", async () => {
    const [row] = await db.data.writing(db.actor({ groups: ["shop.user"], userId: 1 }), async (env) =>
      env.of(orders).read(await env.of(orders).create([{}]), ["name", "state", "user_id"]),
    );
    assert.deepEqual([row?.name, row?.state, row?.user_id?.id], ["New", "draft", 1]);
  });

  test("go with what they belong to", async () => {
    const { order, line } = await writing(async (env) => {
      const [id] = (await env.of(orders).create([{ line_ids: [[0, 0, {}]] }])) as [number];
      return { order: id, line: (await env.of(lines).search([["order_id", "=", id]]))[0] as number };
    });
    await writing((env) => env.of(orders).unlink([order]));
    assert.deepEqual(await reading().of(lines).exists([line]), []);
  });
});

describe("a copy", () => {
  test("is like its original, with its lines and links, and starts its life anew", async () => {
    const [tag] = (await writing((env) => env.of(tags).create([{ name: "t" }]))) as [number];
    const { original, copied } = await writing(async (env) => {
      const [id] = (await env.of(orders).create([
        {
          name: "S1",
          state: "done",
          priority: 3,
          tag_ids: [[4, tag]],
          line_ids: [[0, 0, { name: "a", price: "2" }]],
          remark_ids: [[0, 0, { name: "r" }]],
        },
      ])) as [number];
      return { original: id, copied: await env.of(orders).copy(id, { priority: 4 }) };
    });
    const [row] = await reading()
      .of(orders)
      .read([copied], ["name", "state", "priority", "tag_ids", "line_ids", "remark_ids", "total"]);
    assert.deepEqual([row?.name, row?.state, row?.priority, row?.total], ["New", "draft", 4, "2.00"]);
    assert.deepEqual([row?.tag_ids, row?.remark_ids, row?.line_ids.length], [[tag], [], 1]);
    assert.notDeepEqual(
      row?.line_ids,
      (await reading().of(orders).read([original], ["line_ids"]))[0]?.line_ids,
    );
  });

  test("of what is not there is refused", async () => {
    await assert.rejects(
      writing((env) => env.of(orders).copy(1_999_999_999)),
      { code: "not_found" },
    );
  });
});

describe("a caller who sends the values that he had read", () => {
  test("is told of a field that changed since, with both values, and nothing is written", async () => {
    const id = await one({ name: "Rake", price: "3" });
    const stale = writing((env) =>
      env.of(products).write([id], { name: "Hoe" }, { expected: { name: "Fork", price: "3" } }),
    );
    await assert.rejects(stale, { code: "conflict", message: /"Name" is now "Rake", you saw "Fork"/ });
    assert.equal((await reading().of(products).read([id], ["name"]))[0]?.name, "Rake");
  });

  test("writes when nothing changed, in whatever form he sends it back", async () => {
    const [category] = (await writing((env) => env.of(categories).create([{ name: "c" }]))) as [number];
    const id = await one({ price: "3", category_id: category });
    const [read] = await reading().of(products).read([id], ["name", "price", "category_id", "code"]);
    await writing((env) =>
      env
        .of(products)
        .write([id], { name: "Hoe" }, { expected: { ...read, id: undefined } as never })
        .catch(() => undefined),
    );
    const { id: _id, ...expected } = read as NonNullable<typeof read>;
    await writing((env) =>
      env.of(products).write([id], { name: "Hoe" }, { expected: { ...expected, price: 3 } }),
    );
    assert.equal((await reading().of(products).read([id], ["name"]))[0]?.name, "Hoe");
  });

  test("wins or is told when two write at the same moment", async () => {
    const id = await one({ name: "old" });
    const write = (name: string) =>
      writing((env) => env.of(products).write([id], { name }, { expected: { name: "old" } }));
    const results = await Promise.allSettled([write("one"), write("two")]);
    assert.deepEqual(results.map((result) => result.status).sort(), ["fulfilled", "rejected"]);
  });
});

test("what runs after the commit does not run when the transaction rolls back", async () => {
  const ran: string[] = [];
  await writing(async (env) => env.afterCommit(() => ran.push("committed")));
  await writing(async (env) => {
    env.afterCommit(() => ran.push("rolled back"));
    throw new RangeError("no");
  }).catch(() => undefined);
  assert.deepEqual(ran, ["committed"]);
});

function insertTags(count: number) {
  return sql`INSERT INTO shop_tag (name, create_date, write_date) SELECT 'bulk ' || n, now(), now() FROM generate_series(1, ${count}::integer) n`;
}
