import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { buildRegistry } from "../../model/build-registry.ts";
import { boolean, integer, many2one, text } from "../../model/field.ts";
import { defineModel } from "../../model/model.ts";
import type { App } from "../../modules/app.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { literal, sql } from "../sql.ts";
import { applySchema, showSchemaPlan } from "./apply.ts";

const rows = 100_000;
/** Somebody with fifty of them, all at the end of the alphabet. */
const few = 7;

const person = defineModel({
  name: "ruled.person",
  label: "Person",
  displayName: "name",
  order: "name",
  fields: { name: text({ label: "Name", required: true }) },
});
const note = defineModel({
  name: "ruled.note",
  label: "Note",
  displayName: "name",
  order: "name",
  fields: {
    name: text({ label: "Name", required: true, index: true }),
    owner_id: many2one("ruled.person", { label: "Owner" }),
    size: integer({ label: "Size" }),
    active: boolean({ label: "Active", default: true }),
  },
});
const app: App = {
  name: "ruled",
  label: "Ruled",
  version: "1.0.0",
  depends: [],
  models: [person, note],
  groups: [{ key: "ruled.user", label: "User" }],
  rights: [{ group: "ruled.user", model: note.name, allow: ["read"] }],
  rules: [
    {
      key: "ruled.own",
      model: note.name,
      label: "Own notes",
      groups: ["ruled.user"],
      condition: "owner_id == actor.record_id",
    },
  ],
};

let db: TestDatabase;
before(async () => {
  db = await testDatabase([app]);
  await db.database.rows(
    sql`INSERT INTO ruled_person (name, create_date, write_date) SELECT 'P' || n, now(), now() FROM generate_series(1, 9) n`,
  );
  await db.database.rows(sql`INSERT INTO ruled_note (create_date, write_date, name, owner_id, size, active)
    SELECT now(), now(), 'Note ' || lpad(n::text, 7, '0'), CASE WHEN n > ${literal(rows - 50)} THEN ${literal(few)} ELSE 1 + n % 5 END, n, true
    FROM generate_series(1, ${literal(rows)}) n`);
  await db.database.rows(sql`ANALYZE ruled_note`);
});
after(() => db.close());

const list = (recordId: number, limit = 80) =>
  db.data
    .reading(db.actor({ groups: ["ruled.user"], recordId }))
    .of(note)
    .searchRead([["size", ">", 0]], ["name", "size"], { limit });

/** The statement of the list, as it was sent. */
async function statementOf(recordId: number): Promise<string> {
  const [text = ""] = await db.statements(() => list(recordId));
  return text;
}

async function inOneSession<T>(work: (run: (text: string) => Promise<string[]>) => Promise<T>): Promise<T> {
  const { default: pg } = await import("pg");
  const client = new pg.Client(db.connection as never);
  await client.connect();
  try {
    return await work(async (text) => {
      const { rows: found } = await client.query({ text, rowMode: "array" });
      return found.map((row) => row.map(String).join(" "));
    });
  } finally {
    await client.end();
  }
}

test("the index of a ruled model begins with the rule's column and goes on in the order of the list", async () => {
  const [row] = await db.database.tuples(
    sql`SELECT pg_get_indexdef('ruled_note_owner_id_ruled'::regclass), to_regclass('ruled_note_owner_id_index')`,
  );
  assert.match(String(row?.[0]), /\(owner_id, name COLLATE "und-x-icu", id\)/);
  assert.equal(row?.[1], null, "no second index on the same column");
});

test("the planner uses it for a restricted user, with the values and without knowing them", async () => {
  const text = await statementOf(few);
  await inOneSession(async (run) => {
    const types = [...new Set(text.match(/\$\d+/g))].length;
    assert.ok(types >= 1);
    await run(`PREPARE listed AS ${text}`);
    const parameters = await parametersOf(text);
    for (const mode of ["force_custom_plan", "force_generic_plan"]) {
      await run(`SET plan_cache_mode = ${mode}`);
      const plan = (
        await run(`EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) EXECUTE listed(${parameters})`)
      ).join("\n");
      assert.match(plan, /ruled_note_owner_id_ruled/, `${mode}:\n${plan}`);
      assert.doesNotMatch(plan, /Seq Scan on ruled_note|ruled_note_name_order/, `${mode}:\n${plan}`);
      assert.doesNotMatch(plan, /Rows Removed by Filter: \d{3,}/, `${mode}:\n${plan}`);
    }
  });
});

/** The values of the statement's parameters, as the list sends them: who asks, and what is filtered by. */
async function parametersOf(text: string): Promise<string> {
  const places = [...new Set(text.match(/\$\d+/g))];
  return places.map((place) => (new RegExp(`owner_id"?\\s*=\\s*\\${place}`).test(text) ? few : 0)).join(", ");
}

test("a list is never kept by name, so that no call after the fifth has another plan", async () => {
  const names = await inOneSession(async () => {
    for (let n = 0; n < 12; n++) assert.equal((await list(few)).length, 50);
    for (let n = 0; n < 12; n++) assert.equal((await list(1, 80)).length, 80);
    return db.database.tuples(sql`SELECT statement FROM pg_prepared_statements`);
  });
  const lists = names.filter(
    ([statement]) => /LIMIT/.test(String(statement)) && /ruled_note/.test(String(statement)),
  );
  assert.deepEqual(lists, []);
});

test("a restricted user's first page reads no more blocks than an administrator's", async () => {
  const blocks = async (who: "few" | "admin") => {
    const actor = who === "few" ? db.actor({ groups: ["ruled.user"], recordId: 1 }) : db.system();
    const [text = ""] = await db.statements(() =>
      db.data.reading(actor).of(note).searchRead([], ["name", "size"], { limit: 80 }),
    );
    return inOneSession(async (run) => {
      await run(`PREPARE listed AS ${text}`);
      const given = /\$1/.test(text) ? "(1)" : "";
      const plan = (
        await run(`EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) EXECUTE listed${given}`)
      ).join("\n");
      const [, hit = "0"] = /Buffers: shared hit=(\d+)/.exec(plan) ?? [];
      return Number(hit) + Number(/read=(\d+)/.exec(plan)?.[1] ?? 0);
    });
  };
  await blocks("few");
  const [restricted, administrator] = [await blocks("few"), await blocks("admin")];
  assert.ok(restricted <= 100 + administrator, `${restricted} blocks, the administrator's ${administrator}`);
});

test("an index whose definition changed is planned and made anew, one that fell away is dropped, one of somebody else stays", async () => {
  await db.database.rows(sql`DROP INDEX ruled_note_owner_id_ruled`);
  await db.database.rows(sql`CREATE INDEX ruled_note_owner_id_ruled ON ruled_note (owner_id, size DESC, id)`);
  await db.database.rows(sql`CREATE INDEX ruled_note_owner_id_index ON ruled_note (owner_id)`);
  await db.database.rows(sql`CREATE INDEX somebody_else ON ruled_note (owner_id, size)`);
  const plan = await showSchemaPlan(db.database, db.registry);
  assert.deepEqual(
    [...plan.tables, ...plan.constraints].map(({ label }) => label),
    [
      'drop index "ruled_note_owner_id_index" of "ruled_note"',
      'drop index "ruled_note_owner_id_ruled" of "ruled_note"',
      'add index "ruled_note_owner_id_ruled" to "ruled_note"',
    ],
  );
  assert.equal((await applySchema(db.database, db.registry)).length, 3);
  assert.deepEqual(await applySchema(db.database, db.registry), [], "and then there is nothing left to do");
  const [row] = await db.database.tuples(
    sql`SELECT pg_get_indexdef('ruled_note_owner_id_ruled'::regclass), to_regclass('ruled_note_owner_id_index'), to_regclass('somebody_else')::text`,
  );
  assert.match(String(row?.[0]), /\(owner_id, name COLLATE "und-x-icu", id\)/);
  assert.deepEqual(row?.slice(1), [null, "somebody_else"]);
});

test("another order of a model is another index of its rule", async () => {
  const bySize = buildRegistry([{ ...app, models: [person, { ...note, order: "size desc, id" }] }]);
  const plan = await showSchemaPlan(db.database, bySize);
  assert.deepEqual(
    plan.constraints.map(({ label }) => label),
    [
      'drop index "ruled_note_name_order" of "ruled_note"',
      'drop index "ruled_note_owner_id_ruled" of "ruled_note"',
      'add index "ruled_note_owner_id_ruled" to "ruled_note"',
    ],
  );
});
