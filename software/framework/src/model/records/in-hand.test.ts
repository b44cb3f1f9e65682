import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { App } from "../../modules/app.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import type { Environment } from "../environment.ts";
import { integer, many2one, one2many, text } from "../field.ts";
import { type Compute, defineModel } from "../model.ts";
import { nested } from "../selection.ts";
import { maxInHand } from "./hand.ts";

const rates = defineModel({
  name: "hand.rate",
  label: "Rate",
  displayName: "name",
  order: "name",
  fields: { name: text({ label: "Name", required: true }), percent: integer({ label: "Percent" }) },
});
const lines = defineModel({
  name: "hand.line",
  label: "Line",
  displayName: "name",
  order: "id",
  fields: {
    name: text({ label: "Name" }),
    document_id: many2one("hand.document", { label: "Document", onDelete: "cascade" }),
    value: integer({ label: "Value", required: true, default: 1 }),
  },
});
const documents = defineModel({
  name: "hand.document",
  label: "Document",
  displayName: "name",
  order: "id",
  fields: {
    name: text({ label: "Name", required: true }),
    rate_id: many2one("hand.rate", { label: "Rate" }),
    line_ids: one2many("hand.line", "document_id", { label: "Lines" }),
    first: integer({ label: "First" }),
    second: integer({ label: "Second" }),
    sum: integer({ label: "Sum" }),
  },
  computes: [
    { fields: ["first"], dependsOn: ["rate_id", "name"], plain: true, run: first },
    { fields: ["second"], dependsOn: ["first"], plain: true, run: second },
    { fields: ["sum"], dependsOn: ["line_ids.value"], plain: true, run: sum },
  ],
});
const early = defineModel({
  name: "hand.early",
  label: "Early",
  displayName: "name",
  order: "id",
  fields: {
    name: text({ label: "Name", required: true }),
    rate_id: many2one("hand.rate", { label: "Rate" }),
    percent: integer({ label: "Percent" }),
  },
  computes: [{ fields: ["percent"], dependsOn: ["rate_id"], beforehand: true, run: percents }],
});
const app: App = {
  name: "hand",
  label: "In hand",
  version: "0.1.0",
  depends: [],
  models: [rates, lines, documents, early],
};

async function first(env: Environment, ids: readonly number[]): ReturnType<Compute["run"]> {
  const rows = await env
    .of(documents)
    .readNested(ids, { name: true, rate_id: nested(rates, { percent: true }) });
  // What no compute should do, and may: a change that the next one must see.
  for (const { name, rate_id } of rows)
    if (name === "raises" && rate_id) await env.of(rates).write([rate_id.id], { percent: 50 });
  return new Map(rows.map(({ id, rate_id }) => [id, { first: rate_id?.percent ?? 0 }]));
}

async function second(env: Environment, ids: readonly number[]): ReturnType<Compute["run"]> {
  const rows = await env.of(documents).read(ids, ["rate_id"]);
  const rateIds = [...new Set(rows.flatMap(({ rate_id }) => rate_id?.id ?? []))];
  const found = await env.of(rates).read(rateIds, ["percent"]);
  const percent = new Map(found.map((rate) => [rate.id, rate.percent]));
  return new Map(rows.map(({ id, rate_id }) => [id, { second: percent.get(rate_id?.id ?? 0) ?? 0 }]));
}

async function sum(env: Environment, ids: readonly number[]): ReturnType<Compute["run"]> {
  const found = await env
    .of(documents)
    .linesOf("line_ids", ids, { model: lines, fields: ["document_id", "value"] });
  const own = (id: number) => found.filter(({ document_id }) => document_id?.id === id);
  return new Map(ids.map((id) => [id, { sum: own(id).reduce((total, { value }) => total + value, 0) }]));
}

async function percents(env: Environment, ids: readonly number[]): ReturnType<Compute["run"]> {
  const rows = await env.of(early).readNested(ids, { rate_id: nested(rates, { percent: true }) });
  return new Map(rows.map(({ id, rate_id }) => [id, { percent: rate_id?.percent ?? 0 }]));
}

let db: TestDatabase;
before(async () => {
  db = await testDatabase([app]);
});
after(() => db.close());
const writing = <T>(work: (env: Environment) => Promise<T>) => db.data.writing(db.system(), work);
const computed = async (id: number) => {
  const [row] = await db.data.reading(db.system()).of(documents).read([id], ["first", "second", "sum"]);
  return [row?.first, row?.second, row?.sum];
};
const rate = (percent: number) =>
  writing(async (env) => (await env.of(rates).create([{ name: "Rate", percent }]))[0] as number);
const reads = (sent: readonly string[], table: string) =>
  sent.filter((text) => text.startsWith("SELECT") && text.includes(`"${table}"`)).length;

test("what one compute has read, the next one does not ask for again", async () => {
  const [rate_id, other] = [await rate(7), await rate(8)];
  let id = 0;
  const make = async (env: Environment) =>
    void ([id = 0] = await env.of(documents).create([{ name: "plain", rate_id }]));
  assert.equal(reads(await db.statements(() => writing(make)), "hand_rate"), 1);
  assert.deepEqual(await computed(id), [7, 7, 0]);
  const move = (env: Environment) => env.of(documents).write([id], { rate_id: other });
  assert.equal(reads(await db.statements(() => writing(move)), "hand_rate"), 1);
  assert.deepEqual(await computed(id), [8, 8, 0]);
});

test("a change in between is seen by whoever asks after it, in the same verb and in the next one", async () => {
  const rate_id = await rate(7);
  const [id = 0] = await writing((env) => env.of(documents).create([{ name: "raises", rate_id }]));
  assert.deepEqual(await computed(id), [7, 50, 0]);
  await writing(async (env) => {
    await env.of(documents).write([id], { name: "plain" });
    await env.of(rates).write([rate_id], { percent: 60 });
    await env.of(documents).write([id], { name: "plain too" });
  });
  assert.deepEqual(await computed(id), [60, 60, 0]);
});

test("what a part of a transaction that was refused had read or written is in nobody's hand", async () => {
  const rate_id = await rate(7);
  const id = await db.data.inParts(db.system(), async ({ env, attempt }) => {
    const refused = attempt(async (part) => {
      await part.of(rates).write([rate_id], { percent: 99 });
      await part.of(documents).create([{ name: "lost", rate_id }]);
      throw new Error("refused");
    });
    await assert.rejects(refused, /refused/);
    return (await env.of(documents).create([{ name: "kept", rate_id }]))[0] as number;
  });
  assert.deepEqual(await computed(id), [7, 7, 0]);
});

test("lines of a new record are in hand, and asked for as soon as any were moved, deleted or are too many", async () => {
  const line = (value: number) => [0, 0, { value }] as const;
  const made = async (line_ids: readonly unknown[]) => {
    let id = 0;
    const sent = await db.statements(() =>
      writing(async (env) => {
        [id = 0] = await env.of(documents).create([{ name: "plain", line_ids: line_ids as never }]);
      }),
    );
    return { asked: reads(sent, "hand_line"), sum: (await computed(id))[2], id };
  };
  const fresh = await made([line(2), line(3)]);
  assert.deepEqual([fresh.asked, fresh.sum], [0, 5]);
  const [stray = 0] = await writing((env) => env.of(lines).create([{ value: 10 }]));
  const linked = await made([line(2), [4, stray]]);
  assert.deepEqual([linked.asked > 0, linked.sum], [true, 12]);
  const many = await made(Array.from({ length: maxInHand + 1 }, () => line(1)));
  assert.deepEqual([many.asked > 0, many.sum], [true, maxInHand + 1]);
  const ids = await db.data
    .reading(db.system())
    .of(lines)
    .search([["document_id", "=", fresh.id]]);
  await writing((env) => env.of(lines).unlink(ids.slice(0, 1)));
  assert.deepEqual(await computed(fresh.id), [0, 0, 3]);
});

test("two who make and change at the same moment come to the same as one after the other", async () => {
  const rate_id = await rate(1);
  const [id = 0] = await writing((env) => env.of(documents).create([{ name: "plain", rate_id }]));
  await Promise.all(
    Array.from({ length: 6 }, (_, n) =>
      writing((env) => env.of(lines).create([{ document_id: id, value: n + 1 }])),
    ),
  );
  assert.deepEqual(await computed(id), [1, 1, 21]);
});

test("verbs at once end in any order, and who reads after them reads as ever", async () => {
  const rate_id = await rate(3);
  const seen = await writing(async (env) => {
    const make = (count: number) =>
      env.of(early).create(Array.from({ length: count }, () => ({ name: "plain", rate_id })));
    const [[id = 0]] = await Promise.all([make(1), make(2)]);
    const read = async () => (await env.of(early).read([id], ["rate_id", "percent"]))[0];
    await read();
    return await read();
  });
  assert.deepEqual([seen?.rate_id?.displayName, seen?.percent], ["Rate", 3]);
});
