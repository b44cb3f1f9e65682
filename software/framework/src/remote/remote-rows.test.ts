import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { kindsApp, kindsModel, kindsTarget } from "../testing/kinds-app.ts";
import { remoteRows } from "./remote-rows.ts";
import { remoteRow } from "./remote-value.ts";

let db: TestDatabase;
before(async () => {
  db = await testDatabase([kindsApp]);
});
after(() => db.close());

const fields = Object.keys(kindsModel.fields);

async function both(style: "named" | "bare") {
  const records = db.data.reading(db.system()).of(kindsModel);
  const typed = await records.searchRead([], fields as never[], { order: "id" });
  const slow = typed.map((row) => remoteRow(db.registry, kindsModel, row as never, style));
  const ids = typed.map((row) => (row as { id: number }).id);
  return {
    slow: JSON.stringify(slow),
    found: JSON.stringify(remoteRows(await records.searchTexts([], fields, { order: "id" }), style)),
    read: JSON.stringify(remoteRows(await records.readTexts(ids, fields), style)),
  };
}

test("rows made straight from PostgreSQL's text are those made from records, for every kind of field", async () => {
  await db.data.writing(db.system(), async (env) => {
    const targets = await env.of(kindsTarget).create([{ name: 'a "b" \\ {c,d}' }, { name: "" }]);
    const [one, two] = targets as [number, number];
    const values = {
      a_text: 'quote " backslash \\ tab \t line\n é 漢 😀',
      a_long: "",
      an_html: "<p>ä</p>",
      an_integer: -7,
      a_decimal: "-0.0500",
      an_amount: "12345678901234.50",
      a_boolean: true,
      a_date: "0099-12-31",
      a_datetime: "2026-11-22 23:59:59.999999",
      a_choice: "b",
      a_target: one,
      some_targets: [[6, 0, [two, one]]],
      a_json: { z: [1.5, null, { y: "\u2028" }], a: true },
    };
    await env.of(kindsModel).create([
      values,
      {},
      {
        a_boolean: false,
        a_target: two,
        a_json: null,
        a_datetime: "1969-12-31 23:59:59.5",
        a_decimal: "0",
      },
      { a_json: "text", an_integer: 0, a_text: "" },
    ] as never[]);
  });
  for (const style of ["named", "bare"] as const) {
    const { slow, found, read } = await both(style);
    assert.equal(found, slow);
    assert.equal(read, slow);
  }
});

test("reading in the order of the ids gives what is repeated twice, and refuses what is not there", async () => {
  const records = db.data.reading(db.system()).of(kindsModel);
  const { tuples } = await records.readTexts([3, 1, 3], ["an_integer"]);
  assert.deepEqual(
    tuples.map(([id]) => id),
    ["3", "1", "3"],
  );
  await assert.rejects(records.readTexts([1, 99], []), { code: "not_found" });
  assert.deepEqual((await records.readTexts([], ["a_text"])).tuples, []);
});
