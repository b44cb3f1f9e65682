import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { shopApp } from "../../testing/shop-app.ts";
import { plainKey } from "./kept-statements.ts";

let db: TestDatabase;
before(async () => {
  db = await testDatabase([shopApp]);
});
after(() => db.close());

test("questions that differ in anything have different keys", () => {
  const questions: readonly unknown[][] = [
    ["list", "a", [["name", "=", "b"]]],
    ["list", "a", [["name", "=", 'b"']]],
    ["list", "a", ["name", "=", "b"]],
    ["list", "a", [["name", "=", 1]]],
    ["list", "a", [["name", "=", "1"]]],
    ["list", "a", [["name", "=", true]]],
    ["list", "a", [["name", "=", "true"]]],
    ["list", "a", [["name", "=", null]]],
    ["list", "a", [["name", "=", undefined]]],
    ["list", "a", [["name", "=", [1, 2]]]],
    ["list", "a", [["name", "=", [1], 2]]],
    ["list", "a", [["name", "=", "1 2"]]],
    ["list", "a", [], ["x"], undefined, 80],
    ["list", "a", [], ["x"], 80],
    ["list", "a", [], ["x", 80]],
  ];
  const keys = questions.map(plainKey);
  assert.equal(keys.includes(undefined), false);
  assert.equal(new Set(keys).size, keys.length);
});

test("what is not plain data, or is very long, is not kept", () => {
  const others = [
    Number.NaN,
    -0,
    1n,
    new Date(0),
    { a: 1 },
    () => 1,
    Symbol("x"),
    Temporal.PlainDate.from("2026-11-22"),
  ];
  for (const other of others) assert.equal(plainKey([other]), undefined);
  assert.equal(plainKey(["x".repeat(3_000)]), undefined);
  assert.equal(plainKey(Array.from({ length: 3_000 }, () => [])), undefined);
});

test("the same question of two people is answered by each one's own rules, however often it is asked", async () => {
  const people = [
    db.actor({ userId: 1, groups: ["shop.user"] }),
    db.actor({ userId: 2, groups: ["shop.user"] }),
  ];
  const texts = async (actor: (typeof people)[number]) => {
    const sent = await db.statements(() => db.data.reading(actor).model("shop.order").search([]));
    return sent.join();
  };
  for (let round = 0; round < 2; round++)
    for (const actor of people) assert.match(await texts(actor), /FROM "shop_order"/);
  const nobody = db.actor({ userId: 1, groups: [] });
  await assert.rejects(db.data.reading(nobody).model("shop.order").search([]), { code: "access_denied" });
});
