import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { buildRegistry } from "../../model/build-registry.ts";
import { boolean, integer, many2many, many2one, money, text } from "../../model/field.ts";
import { defineModel, type Model } from "../../model/model.ts";
import type { Registry } from "../../model/registry.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { shopApp } from "../../testing/shop-app.ts";
import { sql } from "../sql.ts";
import { applySchema, checkSchema, showSchemaPlan } from "./apply.ts";
import { declaredSchema } from "./declared.ts";
import { liveSchema } from "./live.ts";
import { declaredRules } from "./ruled-index.ts";

const fields = {
  name: text({ label: "Name", required: true, maxLength: 20 }),
  town: text({ label: "Town" }),
};
const place = defineModel({ name: "a.place", label: "Place", displayName: "name", order: "name", fields });

function registryOf(...models: readonly Model[]): Registry {
  return buildRegistry([{ name: "a", label: "A", version: "1.0.0", depends: [], models }]);
}

/** Applies one registry after another to a database that begins with {@link place}. */
async function onPlaces(work: (db: TestDatabase) => Promise<void>): Promise<void> {
  const db = await testDatabase([{ name: "a", label: "A", version: "1.0.0", depends: [], models: [place] }]);
  try {
    await work(db);
  } finally {
    await db.close();
  }
}

let shop: TestDatabase;
before(async () => {
  shop = await testDatabase([shopApp]);
});
after(() => shop.close());

describe("applying a schema", () => {
  test("gives exactly what the models declare", async () => {
    const plan = await showSchemaPlan(shop.database, shop.registry);
    assert.deepEqual(plan, { migrations: [], tables: [], constraints: [], refusals: [] });
    const live = await liveSchema(shop.database);
    const declared = declaredSchema(shop.registry.models, declaredRules(shop.registry.apps));
    assert.deepEqual(
      new Set(live.tables.map((table) => table.name)),
      new Set(declared.tables.map((table) => table.name)),
    );
    assert.equal(live.constraints.length, declared.constraints.length);
    assert.equal(live.indexes.length, declared.indexes.length);
  });

  test("twice does nothing the second time", async () => {
    assert.deepEqual(await applySchema(shop.database, shop.registry), []);
    const [rows] = await shop.database.tuples(sql`SELECT count(*) FROM hf_schema`);
    assert.deepEqual(rows, [1]);
  });

  test("gives amounts that had two places room for those of their currency, and shows it beforehand", () =>
    onPlaces(async (db) => {
      await db.database.rows(sql`ALTER TABLE a_place ADD COLUMN fee numeric(20,2)`);
      await db.database.rows(
        sql`INSERT INTO a_place (name, fee, create_date, write_date) VALUES ('Here', 12.5, now(), now())`,
      );
      const [before] = await db.database.tuples(sql`SELECT pg_relation_filenode('a_place')`);
      const priced: Model = {
        ...place,
        fields: {
          ...place.fields,
          fee: money({ label: "Fee", currencyField: "near_id" }),
          near_id: many2one("a.place", { label: "Near" }),
        },
      };
      const plan = await showSchemaPlan(db.database, registryOf(priced));
      assert.deepEqual(plan.refusals, []);
      assert.equal(plan.tables[0]?.label, 'widen column "fee" of "a_place" to numeric');
      await applySchema(db.database, registryOf(priced));
      assert.deepEqual(await applySchema(db.database, registryOf(priced)), []);
      assert.deepEqual(await db.database.tuples(sql`SELECT fee FROM a_place`), [["12.50"]]);
      const [filenode] = await db.database.tuples(sql`SELECT pg_relation_filenode('a_place')`);
      assert.deepEqual(filenode, before, "no row was rewritten");
    }));

  test("adds columns, tables, longer texts, references and indexes by itself, and keeps the rows", () =>
    onPlaces(async (db) => {
      await db.database.rows(
        sql`INSERT INTO a_place (name, create_date, write_date) VALUES ('Here', now(), now())`,
      );
      const wider: Model = {
        ...place,
        fields: {
          name: text({ label: "Name", required: true, maxLength: 40, index: true }),
          town: text({ label: "Town" }),
          open: boolean({ label: "Open", default: true }),
          rank: integer({ label: "Rank", required: true, default: 3 }),
          next_id: many2one("a.place", { label: "Next" }),
          near_ids: many2many("a.place", { label: "Near" }),
        },
      };
      const steps = await applySchema(db.database, registryOf(wider));
      assert.deepEqual(steps, [
        'widen column "name" of "a_place" to character varying(40)',
        'add column "open" to "a_place"',
        'add column "rank" to "a_place"',
        'add column "next_id" to "a_place"',
        'create table "rel_a_place_near_ids"',
        'add reference "a_place_next_id_fkey" to "a_place"',
        'add reference "rel_a_place_near_ids_left_id_fkey" to "rel_a_place_near_ids"',
        'add reference "rel_a_place_near_ids_right_id_fkey" to "rel_a_place_near_ids"',
        'add index "a_place_name_index" to "a_place"',
        'add index "a_place_next_id_index" to "a_place"',
        'add index "a_place_name_order" to "a_place"',
        'add index "rel_a_place_near_ids_right_id_index" to "rel_a_place_near_ids"',
      ]);
      assert.deepEqual(await db.database.tuples(sql`SELECT name, open, rank FROM a_place`), [
        ["Here", true, 3],
      ]);
    }));

  test("refuses what loses data, names all of it, and changes nothing", () =>
    onPlaces(async (db) => {
      const narrower: Model = {
        ...place,
        fields: { name: text({ label: "Name", maxLength: 10 }), rank: integer({ label: "R" }) },
      };
      const other: Model = { ...place, name: "a.other" };
      await applySchema(db.database, registryOf(place, other));
      await assert.rejects(applySchema(db.database, registryOf(narrower)), {
        code: "conflict",
        message:
          /"a_place.name" is character varying\(20\), declared as character varying\(10\).*"a_place.town" is no longer declared.*"a_other" is no longer declared/,
      });
      assert.equal(
        (await liveSchema(db.database)).tables.find((table) => table.name === "a_place")?.columns.length,
        7,
      );
    }));

  test("in two phases leaves room for data in between", () =>
    onPlaces(async (db) => {
      const child = defineModel({
        name: "a.child",
        label: "Child",
        displayName: "name",
        order: "id",
        fields: {
          name: text({ label: "Name" }),
          place_id: many2one("a.place", { label: "Place", required: true }),
        },
      });
      const registry = registryOf(place, child);
      await applySchema(db.database, registry, { phase: "tables" });
      await db.database.rows(
        sql`INSERT INTO a_child (place_id, create_date, write_date) VALUES (7, now(), now())`,
      );
      await assert.rejects(checkSchema(db.database, registry), { code: "unavailable" });
      await db.database.rows(
        sql`INSERT INTO a_place (id, name, create_date, write_date) VALUES (7, 'x', now(), now())`,
      );
      await applySchema(db.database, registry, { phase: "constraints" });
      await checkSchema(db.database, registry);
    }));

  test("as another role makes that role the owner", () =>
    onPlaces(async (db) => {
      await db.database.rows(sql`CREATE ROLE schema_owner NOLOGIN`);
      await db.database.rows(sql`GRANT CREATE ON SCHEMA public TO schema_owner`);
      await db.database.rows(sql`DROP FUNCTION hf_fold(text)`);
      await db.database.rows(sql`GRANT SELECT, INSERT ON hf_schema TO schema_owner`);
      const other: Model = { ...place, name: "a.other" };
      await applySchema(db.database, registryOf(place, other), { setRole: "schema_owner" });
      const owners = await db.database.tuples(
        sql`SELECT tableowner::text FROM pg_tables WHERE tablename = 'a_other'`,
      );
      assert.deepEqual(owners, [["schema_owner"]]);
    }));
});

test("a change that existing rows do not allow is named, and rolled back", () =>
  onPlaces(async (db) => {
    await db.database.rows(
      sql`INSERT INTO a_place (name, create_date, write_date) VALUES ('Here', now(), now())`,
    );
    const stricter: Model = {
      ...place,
      fields: { ...fields, town: text({ label: "Town", required: true }) },
    };
    await assert.rejects(applySchema(db.database, registryOf(stricter)), {
      code: "conflict",
      message: /cannot make column "town" of "a_place" required: existing rows/,
    });
  }));

describe("a server", () => {
  test("refuses a database that a newer version has changed", () =>
    onPlaces(async (db) => {
      const newer: Model = { ...place, fields: { ...fields, zip: text({ label: "Zip" }) } };
      await applySchema(db.database, registryOf(newer));
      await assert.rejects(checkSchema(db.database, db.registry), {
        code: "unavailable",
        message: /does not know/,
      });
    }));

  test("refuses a database that was never set up", async () => {
    await onPlaces(async (db) => {
      await db.database.rows(sql`DROP TABLE hf_schema`);
      await assert.rejects(checkSchema(db.database, db.registry), {
        code: "unavailable",
        message: /found none/,
      });
    });
  });

  test("takes the schema of its own version", () => checkSchema(shop.database, shop.registry));
});
