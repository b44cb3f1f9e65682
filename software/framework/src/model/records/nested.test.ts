import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { categories, lines, orders, products, shopApp, tags, users } from "../../testing/shop-app.ts";
import type { Environment } from "../environment.ts";
import { nested } from "../selection.ts";
import { usualNestedRows } from "./nested.ts";
import { maxSelectionDepth } from "./selection.ts";

let db: TestDatabase;
let order: number;
let hers: number;
const writing = <T>(work: (env: Environment) => Promise<T>) => db.data.writing(db.system(), work);
before(async () => {
  db = await testDatabase([shopApp]);
  await writing(async (env) => {
    const [bob] = (await env.of(users).create([{ name: "Bob" }])) as [number];
    const [garden] = await env.of(categories).create([{ name: "Garden" }]);
    const category_id = garden as number;
    const [rake, secret, old] = (await env.of(products).create([
      { name: "Rake", category_id, price: "9007199254740993.10", cost: "1" },
      { name: "Secret", user_id: bob },
      { name: "Old", active: false },
    ])) as [number, number, number];
    const [mine, his] = (await env.of(tags).create([
      { name: "mine", user_id: 1 },
      { name: "his", user_id: bob },
    ])) as [number, number];
    [order, hers] = (await env.of(orders).create([
      {
        name: "O1",
        user_id: 1,
        product_id: secret,
        ordered_on: Temporal.PlainDate.from("2026-11-22"),
        confirmed_at: Temporal.Instant.from("2026-11-22T10:00:00.123456Z"),
        extra: { deep: ["\\", '"', null] },
        tag_ids: [[6, 0, [mine, his]]],
        line_ids: [
          [0, 0, { name: 'a "quoted" \\ line', product_id: rake, quantity: "2" }],
          [0, 0, { name: "b", product_id: secret }],
          [0, 0, { name: "c", product_id: old }],
        ],
      },
      { name: "O2", user_id: bob, line_ids: [[0, 0, { name: "hidden" }]] },
    ])) as [number, number];
  });
});
after(() => db.close());

const reading = () => db.data.reading(db.system());
const seller = () => db.data.reading(db.actor({ groups: ["shop.user"] }));

describe("a nested reading", () => {
  test("gives records behind relations, each value as a flat reading gives it, in one statement", async () => {
    const env = reading();
    const flat = [
      "name",
      "confirmed_at",
      "ordered_on",
      "extra",
      "locked",
      "total",
      "priority",
      "user_id",
    ] as const;
    const ofLines = ["name", "quantity", "order_id", "create_date"] as const;
    const ofProducts = ["name", "price", "active", "category_id", "code"] as const;
    const choose = <const N extends readonly string[]>(names: N) =>
      Object.fromEntries(names.map((name) => [name, true])) as { [K in N[number]]: true };
    const product_id = nested(products, choose(ofProducts));
    const line_ids = nested(lines, { ...choose(ofLines), product_id });
    let row: unknown;
    const sent = await db.statements(async () => {
      [row] = await env.of(orders).readNested([order], { ...choose(flat), line_ids });
    });
    assert.equal(sent.length, 1);
    const [own] = await env.of(orders).read([order], [...flat, "line_ids"]);
    const rows = await env.of(lines).read(own?.line_ids ?? [], [...ofLines, "product_id"]);
    const all = await env.of(products).read(
      rows.map((line) => line.product_id?.id as number),
      ofProducts,
    );
    const expected = rows.map((line, at) => ({ ...line, product_id: all[at] }));
    assert.equal(expected.length, 3);
    assert.deepEqual(plain(row), plain({ ...own, line_ids: expected }));
    assert.equal(all[0]?.price, "9007199254740993.10");
  });

  test("knows what it gives: a collection is rows, a many2one a row or null", async () => {
    const [row] = await reading()
      .of(orders)
      .searchNested([["id", "=", order]], {
        name: true,
        product_id: nested(products, { name: true }),
        line_ids: nested(lines, { subtotal: true }, { limit: 1, order: "name desc" }),
      });
    const name: string | undefined = row?.name;
    const product: string | undefined = row?.product_id?.name;
    const subtotals: string[] = row?.line_ids.map((line) => line.subtotal) ?? [];
    assert.deepEqual([name, product, subtotals], ["O1", "Secret", ["0.00"]]);
    // @ts-expect-error a field that is not there does not compile
    const wrong = nested(lines, { nome: true });
    // @ts-expect-error nor does one of the outermost level
    await assert.rejects(reading().of(orders).readNested([order], { line_ids: wrong, nome: true }), {
      code: "invalid",
    });
  });

  test("never holds what a rule hides, nor fields of others, on any level", async () => {
    const env = seller();
    const choice = {
      product_id: nested(products, { name: true }),
      tag_ids: nested(tags, { name: true }),
      line_ids: nested(lines, { name: true, product_id: nested(products, { name: true }) }),
    };
    const [row] = await env.of(orders).readNested([order], choice);
    assert.equal(row?.product_id, null);
    assert.deepEqual(
      row?.tag_ids.map(({ name }) => name),
      ["mine"],
    );
    assert.deepEqual(
      row?.line_ids.map((line) => line.product_id?.name ?? null),
      ["Rake", null, "Old"],
    );
    await assert.rejects(env.of(orders).readNested([order, hers], choice), { code: "not_found" });
    assert.equal((await env.of(orders).searchNested([], choice)).length, 1);
    const cost = { line_ids: nested(lines, { product_id: nested(products, { cost: true }) }) };
    await assert.rejects(env.of(orders).readNested([order], cost), {
      code: "invalid",
      message: /no field "cost"/,
    });
    const clerk = db.data.reading(db.actor({ groups: ["shop.clerk"] })).of(orders);
    await assert.rejects(clerk.searchNested([], { line_ids: nested(lines, {}) }), { code: "access_denied" });
  });

  test("is one statement for forty lines and for many orders", async () => {
    const [big] = (await writing((env) =>
      env.of(orders).create([
        {
          user_id: 1,
          line_ids: Array.from({ length: 40 }, (_, at) => [0, 0, { name: `line ${at}` }] as const),
        },
      ]),
    )) as [number];
    const line_ids = nested(lines, { name: true, product_id: nested(products, { name: true }) });
    const sent = await db.statements(async () => {
      const rows = await seller().of(orders).searchNested([], { name: true, line_ids }, { limit: 80 });
      assert.equal(rows.find(({ id }) => id === big)?.line_ids.length, 40);
    });
    assert.equal(sent.length, 1);
  });

  test("is not cut off in silence: very many children need a limit", async () => {
    const count = usualNestedRows + 1;
    const [big] = (await writing((env) =>
      env.of(orders).create([{ line_ids: Array.from({ length: count }, () => [0, 0, {}] as const) }]),
    )) as [number];
    const read = (page: { limit?: number }) =>
      reading()
        .of(orders)
        .readNested([big], { line_ids: nested(lines, {}, page) });
    await assert.rejects(read({}), { code: "too_large" });
    assert.equal((await read({ limit: count }))[0]?.line_ids.length, count);
  });
});

describe("a selection from outside that is none is refused", () => {
  const deep = (depth: number): object => (depth === 0 ? {} : { parent_id: { fields: deep(depth - 1) } });
  const refused: readonly (readonly [string, object, RegExp])[] = [
    ["a list", [], /is not an object of fields/],
    ["a text for a field", { name: "x" }, /at "name" is not an object/],
    ["an unknown option", { line_ids: { fields: {}, where: 1 } }, /at "line_ids" has no option "where"/],
    ["a limit that is text", { line_ids: { fields: {}, limit: "1" } }, /limit that is no number/],
    ["a limit that is none", { line_ids: { fields: {}, limit: -1 } }, /not a number of rows/],
    ["a limit beyond all", { line_ids: { fields: {}, limit: 50_001 } }, /not a number of rows/],
    [
      "limits that multiply",
      {
        line_ids: { fields: { order_id: { fields: { line_ids: { fields: {}, limit: 999 } } } }, limit: 999 },
      },
      /are more than/,
    ],
    ["an order of their own words", { line_ids: { fields: {}, order: "name; --" } }, /is not an order/],
    ["fields of what is no relation", { name: { fields: {} } }, /is no relation/],
    ["a name of the language's own", { constructor: { fields: {} } }, /no field "constructor"/],
    [
      "a field too deep",
      { product_id: { fields: { category_id: { fields: deep(maxSelectionDepth) } } } },
      /nested more than 4 deep/,
    ],
    [
      "too many fields",
      Object.fromEntries(Array.from({ length: 501 }, (_, at) => [`f${at}`, {}])),
      /more than 500/,
    ],
  ];
  for (const [name, selection, message] of refused)
    test(name, async () => {
      const records = reading().model("shop.order");
      await assert.rejects(records.readNestedTexts([order], selection as never), {
        code: "invalid",
        message,
      });
      await assert.rejects(records.searchNestedTexts([], selection as never, { limit: 10 }), {
        code: "invalid",
      });
    });
});

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
