import assert from "node:assert/strict";
import { test } from "node:test";
import { buildRegistry } from "../../model/build-registry.ts";
import { openData } from "../../model/data-source.ts";
import { decimal, type Fields, integer, many2many, many2one, one2many, text } from "../../model/field.ts";
import { defineModel, type Model } from "../../model/model.ts";
import { trashModel } from "../../model/trash/trash-model.ts";
import type { App } from "../../modules/app.ts";
import {
  addField,
  changeType,
  dropField,
  dropModel,
  type Migration,
  moveRows,
  renameField,
  renameModel,
  translateField,
} from "../../modules/migration.ts";
import { testDatabase } from "../../testing/database.ts";
import { sql } from "../sql.ts";
import { applySchema } from "./apply.ts";

const name = text({ label: "Name", required: true });
const model = (of: string, fields: Fields, trash = false): Model =>
  defineModel({
    name: of,
    label: of,
    displayName: "name",
    order: "name",
    fields: { name, ...fields } as { readonly name: typeof name },
    ...(trash && { trash: true as const }),
  });
const app = (models: readonly Model[], migrations: readonly Migration[] = []): App => ({
  name: "t",
  label: "T",
  version: "1",
  depends: [],
  models: [...models, trashModel],
  migrations,
});

const line = { box_id: many2one("t.box", { label: "Box", required: true, onDelete: "cascade" }) };
const before = [
  model("t.tag", {}),
  model("t.line", { ...line, price: decimal({ label: "Price", scale: 2 }) }),
  model("t.seal", { box_id: line.box_id }),
  model("t.note", {
    box_id: many2one("t.box", { label: "Box" }),
    old_box_id: many2one("t.box", { label: "Box" }),
  }),
  model(
    "t.box",
    {
      size: text({ label: "Size" }),
      weight: decimal({ label: "Weight", scale: 3 }),
      color: text({ label: "Color" }),
      near_id: many2one("t.tag", { label: "Near" }),
      tag_ids: many2many("t.tag", { label: "Tags" }),
      worn_ids: many2many("t.tag", { label: "Worn" }),
      line_ids: one2many("t.line", "box_id", { label: "Lines" }),
    },
    true,
  ),
];

const grams = integer({ label: "Grams", required: true });
const size = integer({ label: "Size" });
const color = text({ label: "Color", translated: true });
const weight = decimal({ label: "Weight", scale: 3 });
const after = [
  model("t.tag", {}),
  model("t.part", { ...line, price: decimal({ label: "Price", scale: 2 }) }),
  model("t.note", { kept_in_id: many2one("t.box", { label: "Box" }) }),
  model(
    "t.box",
    {
      size,
      grams,
      color,
      beside_id: many2one("t.tag", { label: "Beside" }),
      label_ids: many2many("t.tag", { label: "Labels" }),
      part_ids: one2many("t.part", "box_id", { label: "Parts" }),
    },
    true,
  ),
];
const migrations: readonly Migration[] = [
  {
    number: 1,
    label: "Lines become parts, tags labels, weights grams",
    steps: [
      renameField("t.box", "near_id", "beside_id"),
      renameField("t.box", "tag_ids", "label_ids"),
      dropField("t.box", "worn_ids"),
      renameModel("t.line", "t.part"),
      renameField("t.note", "box_id", "kept_in_id"),
      dropField("t.note", "old_box_id"),
      dropModel("t.seal"),
      changeType("t.box", "size", size, (value) => Number(value) * 10),
      translateField("t.box", "color", color),
      addField("t.box", "grams", grams),
      moveRows("t.box", { weight, grams }, (row) => ({ grams: Number(row.weight ?? "0") * 1_000 })),
      dropField("t.box", "weight"),
    ],
  },
];

test("what was deleted before a migration is restored after it: renamed, converted, moved and dropped as the tables were", async () => {
  const db = await testDatabase([app(before)]);
  try {
    const id = await db.data.writing(db.system(), async (env) => {
      const [near, worn] = await env.model("t.tag").create([{ name: "Near" }, { name: "Worn" }]);
      const [box, other] = await env.model("t.box").create(
        ["Box", "Other"].map((called) => ({
          ...{ name: called, size: "7", weight: "1.250", color: "red", near_id: near },
          ...{ tag_ids: [[6, 0, [near, worn]]], worn_ids: [[4, worn]] },
        })) as never[],
      );
      await env.model("t.line").create([
        { name: "First", box_id: box, price: "12.50" },
        { name: "Second", box_id: box, price: "0.10" },
      ] as never[]);
      await env.model("t.seal").create([{ name: "Seal", box_id: box }] as never[]);
      await env.model("t.note").create([{ name: "Note", box_id: box, old_box_id: box }] as never[]);
      await env.model("t.box").unlink([box, other] as number[]);
      return box as number;
    });
    const registry = buildRegistry([app(after, migrations)]);
    await applySchema(db.database, registry);
    assert.deepEqual(await applySchema(db.database, registry), []);
    const data = openData({ database: db.database, registry });
    await data.writing(db.system(), async (env) => {
      const page = await env
        .model("t.box")
        .trashed.search({ domain: [["grams", "=", 1_250]], fields: ["name"] });
      assert.equal(page.entries.length, 2);
      const { leftOut } = await env.model("t.box").trashed.restore([id]);
      assert.deepEqual(leftOut, []);
    });
    const read = data.reading(db.system());
    const names = ["name", "size", "grams", "color", "beside_id", "label_ids"] as never[];
    const [box] = await read.model("t.box").read([id], names);
    assert.deepEqual(box, {
      ...{ id, name: "Box", size: 70, grams: 1_250, color: "red" },
      ...{ beside_id: { id: 1, displayName: "Near" }, label_ids: [1, 2] },
    });
    assert.deepEqual(
      (await read.model("t.part").searchRead([], ["name", "price"] as never[])).map(
        ({ id: _id, ...row }) => row,
      ),
      [
        { name: "First", price: "12.50" },
        { name: "Second", price: "0.10" },
      ],
    );
    const [note] = await read.model("t.note").searchRead([], ["kept_in_id"] as never[]);
    assert.deepEqual(note, { id: 1, kept_in_id: { id, displayName: "Box" } });
    const [left] = await db.database.tuples(sql`SELECT content::text FROM hf_trash`);
    assert.doesNotMatch(String(left), /t\.line|t\.seal|tag_ids|worn_ids|near_id|weight|"box_id"/);
  } finally {
    await db.close();
  }
});

test("entries of a model that is dropped go with it", async () => {
  const db = await testDatabase([app([model("t.thing", {}, true), model("t.tag", {})])]);
  try {
    await db.data.writing(db.system(), async (env) => {
      const ids = await env.model("t.thing").create([{ name: "Gone" }]);
      await env.model("t.thing").unlink(ids);
    });
    const steps = [dropModel("t.thing")];
    const registry = buildRegistry([app([model("t.tag", {})], [{ number: 1, label: "No things", steps }])]);
    await applySchema(db.database, registry);
    assert.deepEqual(await db.database.tuples(sql`SELECT count(*)::integer FROM hf_trash`), [[0]]);
  } finally {
    await db.close();
  }
});
