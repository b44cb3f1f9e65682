import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ident, sql } from "../../sql/sql.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { boxes, keyedApp, wares } from "../../testing/keyed-app.ts";
import { Translations } from "../keyed.ts";
import { languageOf } from "../languages.ts";

let db: TestDatabase;
before(async () => {
  db = await testDatabase([keyedApp]);
});
after(() => db.close());

const clerk = (language: string, ...companyIds: number[]) =>
  db.actor({ kind: "user", userId: 7, groups: ["keyed.clerk"], language, companyIds });
const chief = (...companyIds: number[]) =>
  db.actor({ kind: "user", userId: 8, groups: ["keyed.chief"], language: "en", companyIds });
const reading = (language = "en", ...companies: number[]) =>
  db.data.reading(clerk(language, ...companies)).of(wares);
const make = (language: string, values: Record<string, unknown>, ...companies: number[]) =>
  db.data.writing(
    clerk(language, ...companies),
    async (env) => (await env.of(wares).create([values as never]))[0] as number,
  );
const change = (language: string, id: number, values: Record<string, unknown>, ...companies: number[]) =>
  db.data.writing(clerk(language, ...companies), (env) => env.of(wares).write([id], values as never));
const named = async (language: string, id: number) => (await reading(language).read([id], ["name"]))[0]?.name;

describe("a translated text", () => {
  test("is read in one's own language, else in the source language", async () => {
    const id = await make("en", { name: "Chair" });
    await change("de-DE", id, { name: "Stuhl" });
    assert.deepEqual(
      [await named("en", id), await named("de", id), await named("de-AT", id), await named("fr", id)],
      ["Chair", "Stuhl", "Stuhl", "Chair"],
    );
  });

  test("that is new is the source's too, and changed later in its own language alone", async () => {
    const id = await make("fr", { name: "Armoire" });
    assert.equal(await named("en", id), "Armoire");
    await change("fr", id, { name: "Placard" });
    assert.deepEqual([await named("fr", id), await named("en", id)], ["Placard", "Armoire"]);
  });

  test("is searched, sorted and grouped as it is read, in one statement", async () => {
    const [oak, ash] = [await make("en", { name: "Oak" }), await make("en", { name: "Ash" })];
    await change("de", oak, { name: "Eiche" });
    await change("de", ash, { name: "Gemeine Esche" });
    const ids = [["id", "in", [oak, ash]]] as const;
    assert.deepEqual(await reading("en").search(ids, { order: "name" }), [ash, oak]);
    assert.deepEqual(await reading("de").search(ids, { order: "name" }), [oak, ash]);
    assert.deepEqual(await reading("de").search([...ids, ["name", "ilike", "EICH"]]), [oak]);
    assert.deepEqual(await reading("de").search([...ids, ["name", "=", "Oak"]]), []);
    assert.deepEqual(await reading("de").search([...ids, ["name", "=", "Eiche"]]), [oak]);
    assert.deepEqual(await reading("pl").search([...ids, ["name", "=", "Oak"]]), [oak]);
    assert.deepEqual(await reading("pl").search([...ids, ["name", "!=", "Oak"]]), [ash]);
    const groups = await reading("de").readGroup(ids, ["name"], []);
    assert.deepEqual(
      groups.map((group) => group["name"]),
      ["Eiche", "Gemeine Esche"],
    );
    const page = await reading("de").searchRead(ids, ["name"], { order: "name", after: ["Eiche", oak] });
    assert.deepEqual(
      page.map((row) => row.name),
      ["Gemeine Esche"],
    );
    const sent = await db.statements(() =>
      reading("de").searchRead(ids, ["name", "cost"], { order: "name" }),
    );
    assert.equal(sent.length, 1);
  });

  test("names records that refer to it, and is found by that name, in one's own language", async () => {
    const id = await make("en", { name: "Lamp" });
    await change("de", id, { name: "Lampe" });
    const box = await db.data.writing(
      clerk("en"),
      async (env) => (await env.of(boxes).create([{ ware_id: id }]))[0],
    );
    const inGerman = db.data.reading(clerk("de")).of(boxes);
    const [row] = await inGerman.read([box as number], ["ware_id", "label", "display_name"]);
    assert.deepEqual([row?.ware_id.displayName, row?.label, row?.display_name], ["Lampe", "Lampe", "Lampe"]);
    assert.deepEqual(await inGerman.search([["ware_id", "ilike", "lampe"]]), [box]);
    assert.deepEqual(await reading("de").nameSearch("lampe", [], 5), [{ id, displayName: "Lampe" }]);
  });

  test("is computed in every language when one of them changes", async () => {
    const id = await make("en", { name: "Rug" });
    const [box] = await db.data.writing(clerk("en"), (env) => env.of(boxes).create([{ ware_id: id }]));
    await change("pl", id, { name: "Dywan" });
    const labels = await db.data
      .reading(clerk("de"))
      .of(boxes)
      .translations([box as number], ["label"]);
    assert.deepEqual(labels[0]?.texts["label"], { en_US: "Rug", pl_PL: "Dywan" });
  });

  test("is written in several languages at once, and taken away in one", async () => {
    const id = await make("en", { name: "Bed" });
    await change("en", id, { name: new Translations({ de_DE: "Bett", fr_FR: "Lit" }) });
    await change("en", id, { name: new Translations({ fr_FR: null }) });
    assert.deepEqual((await reading().translations([id], ["name"]))[0]?.texts["name"], {
      en_US: "Bed",
      de_DE: "Bett",
    });
    await assert.rejects(
      change("en", id, { name: new Translations({ en_US: null }) }),
      /"Name" of "Ware" is required/,
    );
    await assert.rejects(
      change("en", id, { name: new Translations({ de_DE: "x".repeat(41) }) }),
      /at most 40/,
    );
    await assert.rejects(change("de", id, { name: null }), /"Name" of "Ware" is required/);
  });

  test("that is rich is sanitized in each language", async () => {
    const id = await make("en", { name: "Safe" });
    const hostile = '<p onclick="x()">a<script>1</script></p>';
    await change("de", id, { story: new Translations({ de_DE: hostile, en_US: hostile }) });
    const [row] = await reading().translations([id], ["story"]);
    assert.deepEqual(row?.texts["story"], { en_US: "<p>a</p>", de_DE: "<p>a</p>" });
  });

  test("is copied with all its languages", async () => {
    const id = await make("en", { name: "Desk" });
    await change("de", id, { name: "Tisch" });
    const copy = await db.data.writing(clerk("fr"), (env) => env.of(wares).copy(id));
    assert.deepEqual([await named("de", copy), await named("en", copy)], ["Tisch", "Desk"]);
  });

  test("conflicts with a change of the same language alone", async () => {
    const id = await make("en", { name: "Pot" });
    await change("de", id, { name: "Topf" });
    const expecting = (language: string, seen: string) =>
      db.data.writing(clerk(language), (env) =>
        env.of(wares).write([id], { name: "Kessel" }, { expected: { name: seen } }),
      );
    await assert.rejects(expecting("de", "Pot"), { code: "conflict" });
    await expecting("de", "Topf");
  });

  test("is found by one index in every language, and listed by that of the source", async () => {
    const plan = (language: string) =>
      db.database.transaction(async (transaction) => {
        await transaction.rows(sql`SET LOCAL enable_seqscan = off`);
        const [find, list] = [
          await db.statements(() => reading(language).search([["name", "=", "Oak"]])),
          await db.statements(() => reading(language).searchRead([], ["name"], { limit: 5 })),
        ];
        assert.equal(find.length + list.length, 2);
        const table = ident("keyed_ware");
        const key = JSON.stringify({ de_DE: "Oak" });
        const plans = await transaction.tuples(
          language === "en"
            ? sql`EXPLAIN SELECT 1 FROM ${table} t ORDER BY (t.name ->> 'en_US') COLLATE "und-x-icu", id LIMIT 5`
            : sql`EXPLAIN SELECT 1 FROM ${table} t WHERE t.name @> ${key}::jsonb`,
        );
        return plans.flat().join("\n");
      });
    assert.match(await plan("en"), /keyed_ware_name_source_order/);
    assert.match(await plan("de"), /keyed_ware_name_texts/);
  });

  test("in a language that nobody knows is the source's: callers add no keys of their own", async () => {
    assert.deepEqual(["xx", "", "de_AT", "pt", "en-GB", "constructor"].map(languageOf), [
      "en_US",
      "en_US",
      "de_DE",
      "pt_BR",
      "en_GB",
      "en_US",
    ]);
    const id = await make("xx", { name: "Thing" });
    assert.deepEqual((await reading().translations([id], ["name"]))[0]?.texts["name"], { en_US: "Thing" });
  });

  test("that one may not read tells nothing in any language", async () => {
    const id = await make("en", { name: "Box" });
    const gold = new Translations({ en_US: "Gold", de_DE: "Gold" });
    await db.data.writing(chief(), (env) => env.of(wares).write([id], { secret_name: gold }));
    const absent = /"Ware" has no field "secret_name"/;
    await assert.rejects(reading("de").translations([id], ["secret_name"]), absent);
    await assert.rejects(reading("de").search([["secret_name", "=", "Gold"]]), /no field "secret_name"/);
    await assert.rejects(change("de", id, { secret_name: new Translations({ de_DE: "x" }) }), absent);
    await assert.rejects(reading("de").translations([id], ["cost"]), /is the same in all languages/);
    await assert.rejects(reading("de").translations([9_999], ["name"]), { code: "not_found" });
  });
});

describe("a value for each company", () => {
  const costOf = async (id: number, ...companies: number[]) =>
    (await reading("en", ...companies).read([id], ["cost"]))[0]?.cost;

  test("is read and written under the company that one works for now", async () => {
    const id = await make("en", { name: "Beam", cost: "10.50" }, 1);
    await change("en", id, { cost: 12 }, 2, 1);
    assert.deepEqual(
      [await costOf(id, 1), await costOf(id, 2), await costOf(id, 1, 2), await costOf(id, 3)],
      ["10.50", "12.00", "10.50", null],
    );
    await change("en", id, { cost: null }, 1);
    assert.deepEqual([await costOf(id, 1), await costOf(id, 2)], [null, "12.00"]);
  });

  test("is searched, sorted and summed under it, in one statement", async () => {
    const a = await make("en", { name: "A", cost: 1 }, 5);
    const b = await make("en", { name: "B", cost: 2 }, 5);
    await change("en", a, { cost: 9 }, 6);
    const both = [["id", "in", [a, b]]] as const;
    assert.deepEqual(await reading("en", 5).search([...both, ["cost", ">", "1.5"]]), [b]);
    assert.deepEqual(await reading("en", 6).search([...both, ["cost", "=", 9]]), [a]);
    assert.deepEqual(await reading("en", 6).search([...both, ["cost", "=", false]]), [b]);
    assert.deepEqual(await reading("en", 5).search(both, { order: "cost desc" }), [b, a]);
    const [sum] = await reading("en", 5).readGroup(both, [], ["cost:sum"]);
    assert.equal(sum?.["cost:sum"], "3.00");
    const sent = await db.statements(() => reading("en", 5).searchRead(both, ["cost", "stock", "blocked"]));
    assert.equal(sent.length, 1);
  });

  test("has its kind: numbers are numbers, flags are never unset, defaults are the creator's company's", async () => {
    const id = await make("en", { name: "Kinds", blocked: true }, 1);
    const rows = await Promise.all(
      [1, 2].map(async (company) => (await reading("en", company).read([id], ["stock", "blocked"]))[0]),
    );
    assert.deepEqual(rows, [
      { id, stock: 3, blocked: true },
      { id, stock: null, blocked: false },
    ]);
    assert.deepEqual(
      await reading("en", 2).search([
        ["id", "=", id],
        ["blocked", "=", false],
      ]),
      [id],
    );
    await assert.rejects(change("en", id, { stock: "many" }, 1), /cannot be "many": wanted a whole number/);
  });

  test("is set for all companies by the software alone; who works for none sets nothing", async () => {
    const id = await make("en", { name: "Shared" }, 1);
    await assert.rejects(change("en", id, { cost: 1 }), /you work for none now/);
    await db.data.writing(db.system(), (env) => env.of(wares).write([id], { cost: "4" }));
    await change("en", id, { cost: 6 }, 2);
    assert.deepEqual([await costOf(id, 1), await costOf(id, 2), await costOf(id)], ["4.00", "6.00", "4.00"]);
    await change("en", id, { cost: null }, 2);
    assert.equal(await costOf(id, 2), null, "unset is not the others' value");
  });

  test("that one may not read tells nothing", async () => {
    const id = await make("en", { name: "Margin" }, 1);
    await db.data.writing(chief(1), (env) => env.of(wares).write([id], { margin: "40" }));
    const asked = reading("en", 1);
    const absent = /no field "margin"/;
    await assert.rejects(asked.read([id], ["margin"]), absent);
    await assert.rejects(asked.search([["margin", ">", 1]]), absent);
    await assert.rejects(asked.search([], { order: "margin" }), absent);
    await assert.rejects(asked.readGroup([], [], ["margin:sum"]), absent);
    await assert.rejects(change("en", id, { margin: 1 }, 1), absent);
  });
});
