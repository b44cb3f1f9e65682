import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { App } from "../../modules/app.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { integer, many2one, text } from "../field.ts";
import { type Compute, defineModel } from "../model.ts";

const box = defineModel({
  name: "held.box",
  label: "Box",
  displayName: "name",
  order: "name",
  fields: {
    name: text({ label: "Name", required: true }),
    size: integer({ label: "Size", default: 1 }),
    /** What the rule looks at; kept by {@link grade}. */
    grade: text({ label: "Grade", default: "open" }),
    owner: integer({ label: "Owner" }),
    inside_id: many2one("held.box", { label: "Inside of" }),
  },
  computes: [{ fields: ["grade"], dependsOn: ["size"], run: grade }],
  checks: [
    {
      fields: ["size"],
      violation: ({ size }) => ((size as number) > 100 ? "A box is at most 100 large." : undefined),
    },
  ],
});

async function grade(env: Parameters<Compute["run"]>[0], ids: readonly number[]): ReturnType<Compute["run"]> {
  const rows = await env.of(box).read(ids, ["size"]);
  return new Map(rows.map((row) => [row.id, { grade: (row.size ?? 0) > 10 ? "closed" : "open" }]));
}

const app: App = {
  name: "held",
  label: "Held",
  version: "0.1.0",
  depends: [],
  models: [box],
  groups: [
    { key: "held.user", label: "Sees open boxes" },
    { key: "held.nested", label: "Sees what is inside of an open box" },
  ],
  rights: ["held.user", "held.nested"].map((group) => ({
    group,
    model: "held.box",
    allow: ["read", "write", "create", "delete"],
  })),
  rules: [
    {
      key: "held.open",
      model: "held.box",
      label: "Open boxes of seven or of nobody",
      groups: ["held.user"],
      condition: "grade == 'open' && (owner == null || owner == 7)",
    },
    {
      key: "held.inside",
      model: "held.box",
      label: "What is inside of an open box",
      groups: ["held.nested"],
      condition: "inside_id.grade == 'open'",
    },
  ],
};

let db: TestDatabase;
before(async () => {
  db = await testDatabase([app]);
});
after(() => db.close());

const asUser = (groups: readonly string[] = ["held.user"]) => db.actor({ userId: 7, groups });
const create = (values: object, groups?: readonly string[]) =>
  db.data.writing(asUser(groups), (env) => env.of(box).create([values as never]));
const write = (id: number, values: object) =>
  db.data.writing(asUser(), (env) => env.of(box).write([id], values as never));
const refused = { code: "access_denied" };

test("a rule on the row's own columns is held by the change itself: no statement more", async () => {
  const [id] = await create({ name: "a" });
  assert.equal((await db.statements(() => write(id as number, { name: "b" }))).length, 1);
});

test("new values outside of the rule are refused, at creation and at a change", async () => {
  await assert.rejects(create({ name: "a", owner: 8 }), refused);
  const [id] = await create({ name: "a", owner: 7 });
  await assert.rejects(write(id as number, { owner: 8 }), refused);
  assert.equal(
    (
      await db.data
        .reading(asUser())
        .of(box)
        .read([id as number], ["owner"])
    )[0]?.owner,
    7,
  );
});

test("what a compute changes afterwards is asked again: the row told of itself before it", async () => {
  await assert.rejects(create({ name: "a", size: 20 }), refused);
  const [id] = await create({ name: "a", size: 5 });
  await assert.rejects(write(id as number, { size: 20 }), refused);
});

test("what a later change of the same call does is asked again", async () => {
  await assert.rejects(
    db.data.writing(asUser(), async (env) => {
      const [id] = await env.of(box).create([{ name: "a" }]);
      await env.of(box).write([id as number], { owner: 8 });
    }),
    refused,
  );
});

test("a check is held too, by whoever made the change, after the rule", async () => {
  await assert.rejects(create({ name: "a", size: 101 }), refused);
  await assert.rejects(
    db.data.writing(db.system(), (env) => env.of(box).create([{ name: "a", size: 101 }])),
    { code: "invalid", message: "A box is at most 100 large." },
  );
});

test("a rule that looks at other records is asked in the end, as ever", async () => {
  const [open] = await create({ name: "open" });
  await create({ name: "in", inside_id: open }, ["held.nested", "held.user"]);
  const [closed] = await db.data.writing(db.system(), (env) => env.of(box).create([{ name: "c", size: 50 }]));
  await assert.rejects(create({ name: "in", inside_id: closed }, ["held.nested"]));
});
