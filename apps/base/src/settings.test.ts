import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Environment } from "@holdfast/framework/model/environment";
import { type TestDatabase, testDatabase } from "@holdfast/framework/testing/database";
import { baseApp } from "./app.ts";
import { nextNumbers, sequenceModel } from "./settings.ts";

let db: TestDatabase;
before(async () => {
  db = await testDatabase([baseApp]);
  await writing((env) =>
    env.of(sequenceModel).create([{ name: "Invoices", code: "test.invoice", prefix: "I", padding: 4 }]),
  );
});
after(() => db.close());

const writing = <T>(work: (env: Environment) => Promise<T>) => db.data.writing(db.system(), work);
const take = (count = 1) => writing((env) => nextNumbers(env, "test.invoice", count));

test("numbers follow one another, several at once too", async () => {
  assert.deepEqual(await take(2), ["I0001", "I0002"]);
  assert.deepEqual(await take(), ["I0003"]);
});

test("what rolls back gives its numbers back", async () => {
  const failed = writing(async (env) => {
    assert.deepEqual(await nextNumbers(env, "test.invoice", 3), ["I0004", "I0005", "I0006"]);
    throw new Error("no invoice after all");
  });
  await assert.rejects(failed, /no invoice after all/);
  assert.deepEqual(await take(), ["I0004"]);
});

test("those who take numbers at the same moment wait for one another: none twice, none left out", async () => {
  const taken = (await Promise.all(Array.from({ length: 12 }, () => take()))).flat().sort();
  const expected = Array.from({ length: 12 }, (_, at) => `I${String(at + 5).padStart(4, "0")}`);
  assert.deepEqual(taken, expected);
});

test("a numbering that is not there is told", () =>
  assert.rejects(
    writing((env) => nextNumbers(env, "no.such", 1)),
    { code: "not_found" },
  ));
