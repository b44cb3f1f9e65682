import assert from "node:assert/strict";
import { test } from "node:test";
import { buildRegistry } from "../../model/build-registry.ts";
import { openData } from "../../model/data-source.ts";
import { decimal, type Fields, text } from "../../model/field.ts";
import { defineModel, type Model } from "../../model/model.ts";
import { type Migration, splitByCompany, translateField } from "../../modules/migration.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { sql } from "../sql.ts";
import { applySchema, checkSchema } from "./apply.ts";

const label = text({ label: "Label", required: true, index: true, translated: true });
const cost = decimal({ label: "Cost", scale: 2, perCompany: true });
const plain = {
  label: text({ label: "Label", required: true, index: true }),
  cost: decimal({ label: "Cost", scale: 2 }),
};
const steps = [translateField("a.thing", "label", label), splitByCompany("a.thing", "cost", cost)];
const migrations: readonly Migration[] = [{ number: 1, label: "Labels in several languages", steps }];

const thing = <F extends Fields & { readonly label: Fields[string] }>(fields: F): Model =>
  defineModel({
    name: "a.thing",
    label: "Thing",
    displayName: "label",
    order: "label",
    fields: fields as Fields,
  });
const app = (fields: Parameters<typeof thing>[0], own: readonly Migration[] = []) => ({
  name: "a",
  label: "A",
  version: "1",
  depends: [],
  models: [thing(fields)],
  migrations: own,
});

async function indexesOf({ database }: TestDatabase): Promise<unknown> {
  return database.tuples(
    sql`SELECT regexp_replace(indexdef, '.* USING', '') FROM pg_indexes WHERE schemaname = 'public' AND tablename = 'a_thing' ORDER BY 1`,
  );
}

test("what was one text and one value is the source language's and every company's after its migration", async () => {
  const db = await testDatabase([app(plain)]);
  const fresh = await testDatabase([app({ label, cost }, migrations)]);
  try {
    await db.database.rows(sql`INSERT INTO a_thing (label, cost, create_date, write_date)
      VALUES ('Chair', 12.5, now(), now()), ('Oak', NULL, now(), now())`);
    const registry = buildRegistry([app({ label, cost }, migrations)]);
    await applySchema(db.database, registry);
    await applySchema(db.database, registry);
    await checkSchema(db.database, registry);
    assert.deepEqual(await indexesOf(db), await indexesOf(fresh));
    const as = (language: string, company: number) =>
      openData({ database: db.database, registry })
        .reading(db.actor({ kind: "system", reason: "a test", language, companyIds: [company] }))
        .model("a.thing");
    const rows = await as("de", 3).searchRead([["label", "in", ["Chair", "Oak"]]], [
      "label",
      "cost",
    ] as never[]);
    assert.deepEqual(rows, [
      { id: 1, label: "Chair", cost: "12.50" },
      { id: 2, label: "Oak", cost: null },
    ]);
  } finally {
    await Promise.all([db.close(), fresh.close()]);
  }
});
