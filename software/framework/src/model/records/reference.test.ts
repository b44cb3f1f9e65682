import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { sql } from "../../sql/sql.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { many2one, reference, text } from "../field.ts";
import { defineModel } from "../model.ts";

const subjects = ["ref.town", "ref.person"] as const;
const town = defineModel({
  name: "ref.town",
  label: "Town",
  displayName: "name",
  order: "name",
  fields: { name: text({ label: "Name", required: true, translated: true }) },
});
const person = defineModel({
  name: "ref.person",
  label: "Person",
  displayName: "name",
  order: "name",
  fields: {
    name: text({ label: "Name", required: true, groups: ["ref.boss"] }),
    town_id: many2one("ref.town", { label: "Town", onDelete: "cascade" }),
  },
});
const note = defineModel({
  name: "ref.note",
  label: "Note",
  displayName: "title",
  order: "id",
  fields: {
    title: text({ label: "Title" }),
    about: reference(subjects, { label: "About" }),
    must: reference(["ref.town"], { label: "Must have", required: true }),
  },
});

let db: TestDatabase;
before(async () => {
  db = await testDatabase([
    {
      name: "ref",
      label: "Ref",
      version: "1",
      depends: [],
      models: [town, person, note],
      groups: [
        { key: "ref.clerk", label: "Clerk" },
        { key: "ref.boss", label: "Boss", implies: ["ref.clerk"] },
        { key: "ref.writer", label: "Writer" },
      ],
      rights: [
        ...[town, person, note].map((model) => ({
          group: "ref.clerk",
          model: model.name,
          allow: ["read", "write", "create", "delete"] as const,
        })),
        { group: "ref.writer", model: "ref.note", allow: ["read"] as const },
      ],
      rules: [
        { key: "ref.few", model: "ref.town", label: "No towns of high numbers", condition: "id < 1000" },
      ],
    },
  ]);
});
after(() => db.close());

const as = (group: string, language = "en") =>
  db.data.reading(db.actor({ kind: "user", userId: 5, groups: [group], language })).of(note);
const system = <T>(work: Parameters<typeof db.data.writing<T>>[1]) => db.data.writing(db.system(), work);
const make = (about: string | null) =>
  system(async (env) => {
    const [id] = await env.of(town).create([{ name: "Riga" }]);
    const values = {
      title: "n",
      about: (about ?? `ref.town,${id as number}`) as `ref.town,${number}`,
      must: `ref.town,${id as number}` as const,
    };
    const [made] = await env.of(note).create([values]);
    return { note: made as number, town: id as number };
  });
const rawAbout = (id: number) => sql`SELECT about FROM ref_note WHERE id = ${id}`;
const aboutOf = async (group: string, id: number) => (await as(group).read([id], ["about"]))[0]?.about;

test("a reference is read with its record's name, in one's own language and one statement", async () => {
  const { note: id, town: at } = await make(null);
  await db.data.writing(db.actor({ kind: "system", reason: "t", language: "de" }), (env) =>
    env.of(town).write([at], { name: "Riga (de)" }),
  );
  assert.deepEqual(await aboutOf("ref.boss", id), { model: "ref.town", id: at, displayName: "Riga" });
  const sent = await db.statements(async () => {
    const [row] = await as("ref.boss", "de").searchRead([["id", "=", id]], ["about"]);
    assert.equal(row?.about?.displayName, "Riga (de)");
  });
  assert.equal(sent.length, 1);
  assert.deepEqual(await as("ref.boss").search([["about", "=", `ref.town,${at}`]]), [id]);
  assert.deepEqual(
    await as("ref.boss").search([
      ["id", "=", id],
      ["about", "ilike", "rig"],
    ]),
    [id],
  );
  assert.deepEqual(
    await as("ref.boss").search([
      ["id", "=", id],
      ["about", "=", `ref.person,${at}`],
    ]),
    [],
  );
});

test("one whose model, record or name is hidden is absent in value, name, domains and groups", async () => {
  const { note: id, town: at } = await make(null);
  assert.equal(await aboutOf("ref.writer", id), null, "no right on the model");
  assert.deepEqual(
    await as("ref.writer").search([
      ["id", "=", id],
      ["about", "=", false],
    ]),
    [id],
  );
  assert.deepEqual(await as("ref.writer").search([["about", "=", `ref.town,${at}`]]), []);
  assert.deepEqual(await as("ref.writer").search([["about", "ilike", "riga"]]), []);
  const groups = await as("ref.writer").readGroup([["id", "=", id]], ["about"], []);
  assert.equal(groups[0]?.["about"], null);
  const [seen] = await as("ref.boss").readGroup([["id", "=", id]], ["about"], []);
  assert.deepEqual(seen?.["about"], { model: "ref.town", id: at, displayName: "Riga" });
  assert.deepEqual(await as("ref.boss").search(seen?.__domain ?? []), [id]);
  const [hidden] = await system((env) => env.of(person).create([{ name: "Ann" }]));
  const other = await make(`ref.person,${hidden}`);
  assert.deepEqual(await aboutOf("ref.clerk", other.note), {
    model: "ref.person",
    id: hidden,
    displayName: "",
  });
  assert.deepEqual(
    await as("ref.clerk").search([["about", "ilike", "ann"]]),
    [],
    "by no name that may not be read",
  );
  assert.deepEqual(await as("ref.boss").search([["about", "ilike", "ann"]]), [other.note]);
});

test("a record that a rule hides is absent too", async () => {
  const { note: id } = await make(null);
  await db.database.rows(
    sql`INSERT INTO ref_town (id, name, create_date, write_date) VALUES (1500, '{"en_US": "Atlantis"}', now(), now())`,
  );
  await system((env) => env.of(note).write([id], { about: "ref.town,1500" }));
  assert.equal(
    (await db.data.reading(db.system()).of(note).read([id], ["about"]))[0]?.about?.displayName,
    "Atlantis",
  );
  assert.equal(await aboutOf("ref.boss", id), null);
  assert.deepEqual(await as("ref.boss").search([["about", "=", "ref.town,1500"]]), []);
  assert.deepEqual(
    await as("ref.boss").search([
      ["id", "=", id],
      ["about", "=", false],
    ]),
    [id],
  );
  assert.deepEqual(await as("ref.boss").search([["about", "ilike", "atlantis"]]), []);
});

test("one that is not there is refused like one that is hidden; so is one of another model", async () => {
  const { note: id, town: at } = await make(null);
  const write = (about: string) =>
    db.data.writing(db.actor({ kind: "user", userId: 5, groups: ["ref.clerk"] }), (env) =>
      env.of(note).write([id], { about: about as `ref.town,${number}` }),
    );
  await assert.rejects(write("ref.town,999"), /"About" of "Note" refers to a record that does not exist/);
  await assert.rejects(
    write(`ref.note,${id}`),
    /wanted a record such as "ref.town,7" of ref.town, ref.person/,
  );
  for (const wrong of ["ref.town,0", "ref.town,01", "ref.town,99999999999", "ref.town", "x", "ref.town,1;"])
    await assert.rejects(write(wrong), { code: "invalid" }, wrong);
  await write(`ref.town,${at}`);
  await assert.rejects(
    as("ref.clerk").search([["about", "=", "nonsense" as `x,${number}`]]),
    /a record such as/,
  );
});

test("it is unset when its record is deleted, absent when that went by cascade, and kept where it is required", async () => {
  const { note: id } = await make(null);
  const [lived] = await system((env) => env.of(town).create([{ name: "Kuldiga" }]));
  const [who] = await system((env) => env.of(person).create([{ name: "Bo", town_id: lived as number }]));
  await system((env) => env.of(note).write([id], { about: `ref.person,${who as number}` }));
  await system((env) => env.of(town).unlink([lived as number]));
  assert.equal(await aboutOf("ref.boss", id), null);
  assert.deepEqual(
    await as("ref.boss").search([
      ["id", "=", id],
      ["about", "=", false],
    ]),
    [id],
  );
  const [other] = await system((env) => env.of(person).create([{ name: "Cy" }]));
  await system((env) => env.of(note).write([id], { about: `ref.person,${other as number}` }));
  await system((env) => env.of(person).unlink([other as number]));
  assert.deepEqual((await db.database.tuples(rawAbout(id)))[0], [null]);
  const kept = await make(null);
  await assert.rejects(
    system((env) => env.of(town).unlink([kept.town])),
    /Records of "Note" still refer to it as "Must have"/,
  );
});

test("it is copied, and compared with what its reader saw", async () => {
  const { note: id, town: at } = await make(null);
  const copy = await system((env) => env.of(note).copy(id));
  assert.equal((await aboutOf("ref.boss", copy))?.id, at);
  const seen = { model: "ref.town", id: at, displayName: "Riga" };
  await system((env) => env.of(note).write([id], { title: "x" }, { expected: { about: seen } }));
  await system((env) => env.of(note).write([id], { about: null }));
  await assert.rejects(
    system((env) => env.of(note).write([id], { title: "y" }, { expected: { about: seen } })),
    { code: "conflict" },
  );
});
