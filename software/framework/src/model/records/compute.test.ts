import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { categories, lines, orders, products, shopApp } from "../../testing/shop-app.ts";
import type { Environment } from "../environment.ts";

let db: TestDatabase;
before(async () => {
  db = await testDatabase([shopApp]);
});
after(() => db.close());

const writing = <T>(work: (env: Environment) => Promise<T>) => db.data.writing(db.system(), work);
const total = async (id: number) =>
  (await db.data.reading(db.system()).of(orders).read([id], ["total"]))[0]?.total;

async function order(
  ...prices: string[]
): Promise<{ readonly id: number; readonly lineIds: readonly number[] }> {
  return writing(async (env) => {
    const [id] = (await env
      .of(orders)
      .create([{ line_ids: prices.map((price) => [0, 0, { price }] as const) }])) as [number];
    return { id, lineIds: await env.of(lines).search([["order_id", "=", id]]) };
  });
}

describe("a stored value follows what it is computed from", () => {
  test("when lines are created, changed and deleted", async () => {
    const { id, lineIds } = await order("1.50", "2.25");
    assert.equal(await total(id), "3.75");
    await writing((env) => env.of(lines).write([lineIds[0] as number], { quantity: "3" }));
    assert.equal(await total(id), "6.75");
    await writing((env) => env.of(lines).create([{ order_id: id, price: "1" }]));
    assert.equal(await total(id), "7.75");
    await writing((env) => env.of(lines).unlink([...lineIds]));
    assert.equal(await total(id), "1.00");
  });

  test("on both sides when a line moves", async () => {
    const [from, to] = [await order("5", "7"), await order("1")];
    await writing((env) => env.of(lines).write([from.lineIds[0] as number], { order_id: to.id }));
    assert.deepEqual([await total(from.id), await total(to.id)], ["7.00", "6.00"]);
  });

  test("within the transaction, for whoever reads next", async () => {
    const { id } = await order("1");
    await writing(async (env) => {
      await env.of(lines).create([{ order_id: id, price: "9" }]);
      assert.equal((await env.of(orders).read([id], ["total"]))[0]?.total, "10.00");
    });
  });

  test("through the records' own tree, all the way down", async () => {
    const [leaf, root] = await writing(async (env) => {
      const [top] = (await env.of(categories).create([{ name: "Garden" }])) as [number];
      const [middle] = (await env.of(categories).create([{ name: "Tools", parent_id: top }])) as [number];
      const [below] = (await env.of(categories).create([{ name: "Rakes", parent_id: middle }])) as [number];
      return [below, top];
    });
    const path = async () =>
      (await db.data.reading(db.system()).of(categories).read([leaf], ["display_name"]))[0]?.display_name;
    assert.equal(await path(), "Garden / Tools / Rakes");
    await writing((env) => env.of(categories).write([root], { name: "Yard" }));
    assert.equal(await path(), "Yard / Tools / Rakes");
  });

  test("and not when the caller gave it by name in the same change", async () => {
    const { id, lineIds } = await order("2");
    await writing((env) => env.of(lines).write([lineIds[0] as number], { price: "3", subtotal: "99" }));
    assert.equal(await total(id), "99.00");
    await writing((env) => env.of(lines).write([lineIds[0] as number], { price: "4" }));
    assert.equal(await total(id), "4.00");
  });
});

test("records that are their own parents are refused, not followed for ever", async () => {
  const [id] = (await writing((env) => env.of(categories).create([{ name: "Loop" }]))) as [number];
  await assert.rejects(
    writing((env) => env.of(categories).write([id], { parent_id: id })),
    { code: "invalid" },
  );
});

test("a check refuses what a change made of the record, and nothing is changed", async () => {
  const [id] = (await writing((env) => env.of(products).create([{ name: "Rake", price: "3" }]))) as [number];
  await assert.rejects(
    writing((env) => env.of(products).write([id], { price: "-1" })),
    {
      code: "invalid",
      message: "A price is not below zero.",
    },
  );
  assert.equal((await db.data.reading(db.system()).of(products).read([id], ["price"]))[0]?.price, "3.00");
});

test("two people who add a line at the same moment both count", async () => {
  const { id } = await order();
  await Promise.all(
    Array.from({ length: 6 }, (_, n) =>
      writing((env) => env.of(lines).create([{ order_id: id, price: `${n + 1}` }])),
    ),
  );
  assert.equal(await total(id), "21.00");
});

test("the number of statements does not grow with the records", async () => {
  const count = async (records: number) => {
    const made = await Promise.all(Array.from({ length: records }, () => order("1", "2")));
    const lineIds = made.flatMap((one) => one.lineIds);
    return (await db.statements(() => writing((env) => env.of(lines).write(lineIds, { price: "3" })))).length;
  };
  assert.equal(await count(1), await count(20));
});
