import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { buildRegistry, InvalidDeclarations } from "../../model/build-registry.ts";
import { type Fields, integer, many2many, many2one, selection, text } from "../../model/field.ts";
import { defineModel, type Model } from "../../model/model.ts";
import type { Registry } from "../../model/registry.ts";
import {
  addField,
  changeType,
  dropField,
  dropModel,
  type Migration,
  moveRows,
  renameField,
  renameModel,
} from "../../modules/migration.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { sql } from "../sql.ts";
import { applySchema, checkSchema, showSchemaPlan } from "./apply.ts";

const label = text({ label: "Label", required: true });

function model(name: string, fields: Fields): Model {
  return defineModel({
    name,
    label: name,
    displayName: "label",
    order: "label",
    fields: { label, ...fields },
  });
}

const message = model("a.message", { res_model: text({ label: "Model" }), res_id: integer({ label: "Id" }) });
const before = [
  model("a.place", {
    town: text({ label: "Town", index: true, unique: true }),
    size: text({ label: "Size" }),
    who: text({ label: "Who" }),
    next_id: many2one("a.place", { label: "Next" }),
    near_ids: many2many("a.place", { label: "Near" }),
  }),
  model("a.old", { place_id: many2one("a.place", { label: "Place" }) }),
  message,
];
const after = [
  model("a.spot", {
    city: text({ label: "City", index: true, unique: true }),
    size: integer({ label: "Size" }),
    first: text({ label: "First", required: true }),
    last: text({ label: "Last" }),
    rank: selection(
      [
        ["high", "High"],
        ["low", "Low"],
      ],
      { label: "Rank", required: true, default: "low" },
    ),
    next_id: many2one("a.spot", { label: "Next" }),
    close_ids: many2many("a.spot", { label: "Close" }),
  }),
  message,
];
const migrations: readonly Migration[] = [
  {
    number: 1,
    label: "Places become spots, their towns cities",
    steps: [
      renameField("a.place", "town", "city"),
      renameModel("a.place", "a.spot"),
      renameField("a.spot", "near_ids", "close_ids"),
    ],
  },
  {
    number: 2,
    label: "Names in two parts",
    steps: [
      addField("a.spot", "first", text({ label: "First", required: true })),
      addField("a.spot", "last", text({ label: "Last" })),
      moveRows(
        "a.spot",
        { who: text({ label: "Who" }), first: text({ label: "First" }), last: text({ label: "Last" }) },
        ({ who }) => {
          const [first = "", last] = (who ?? "").split(" ");
          return { first: first || "?", last: last ?? null };
        },
      ),
      dropField("a.spot", "who"),
      dropModel("a.old"),
      changeType(
        "a.spot",
        "size",
        integer({ label: "Size" }),
        (size) => Number.parseInt(String(size), 10) || 0,
      ),
    ],
  },
];

function registryOf(models: readonly Model[], own: readonly Migration[] = []): Registry {
  return buildRegistry([{ name: "a", label: "A", version: "1", depends: [], models, migrations: own }]);
}

/** A database with the schema before and 2,500 rows. */
async function onOld(work: (db: TestDatabase) => Promise<void>): Promise<void> {
  const db = await testDatabase([{ name: "a", label: "A", version: "1", depends: [], models: before }]);
  try {
    await db.database.rows(sql`INSERT INTO a_place (label, town, size, who, next_id, create_date, write_date)
      SELECT 'p' || n, 'town ' || n, n || ' m', 'Ann' || n || ' Bee', 1, now(), now() FROM generate_series(1, 2500) n`);
    await db.database.rows(sql`INSERT INTO rel_a_place_near_ids VALUES (1, 2)`);
    await db.database.rows(
      sql`INSERT INTO a_message (label, res_model, res_id, create_date, write_date) VALUES ('m', 'a.place', 1, now(), now())`,
    );
    await work(db);
  } finally {
    await db.close();
  }
}

/** All that can be told of the tables, defaults and names included. */
async function shapeOf(db: TestDatabase): Promise<unknown> {
  const columns = await db.database.tuples(
    sql`SELECT table_name::text, column_name::text, data_type::text, is_nullable::text, column_default::text,
      character_maximum_length::int FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'hf_schema'
      ORDER BY 1, 2`,
  );
  const constraints = await db.database.tuples(
    sql`SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid) FROM pg_constraint
      WHERE connamespace = 'public'::regnamespace AND contype <> 'p' ORDER BY 1, 2`,
  );
  const indexes = await db.database.tuples(
    sql`SELECT tablename::text, regexp_replace(indexdef, '.* USING', '') FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2`,
  );
  return { columns: columns.map(withoutSequence), constraints, indexes };
}

function withoutSequence(row: readonly unknown[]): unknown[] {
  return row.map((value) => (typeof value === "string" && value.startsWith("nextval") ? "numbered" : value));
}

/** Every row, the columns by name. */
async function rowsOf(db: TestDatabase): Promise<unknown> {
  const tables = await db.database.tuples(
    sql`SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' AND table_name LIKE 'a%' ORDER BY 1`,
  );
  const digest = await db.database.tuples(
    sql`SELECT query_to_xml('SELECT label, id FROM ' || t || ' ORDER BY id', true, false, '')::text FROM unnest(${tables.flat() as string[]}::text[]) t`,
  );
  return [tables, digest];
}

describe("migrations", () => {
  test("are refused as long as they are missing, and shown before they run", () =>
    onOld(async (db) => {
      await assert.rejects(applySchema(db.database, registryOf(after)), { code: "conflict" });
      const plan = await showSchemaPlan(db.database, registryOf(after, migrations));
      assert.deepEqual(plan.refusals, []);
      assert.deepEqual(plan.migrations[0], {
        app: "a",
        number: 1,
        label: "Places become spots, their towns cities",
        steps: [
          'rename field "town" of "a.place" to "city"',
          'rename model "a.place" to "a.spot"',
          'rename field "near_ids" of "a.spot" to "close_ids"',
        ],
      });
      assert.deepEqual(
        plan.tables.map((step) => step.label),
        ['make column "first" of "a_spot" required', 'add column "rank" to "a_spot"'],
      );
    }));

  test("carry rows over, and end in exactly the schema that an empty database gets", () =>
    onOld(async (db) => {
      const registry = registryOf(after, migrations);
      await applySchema(db.database, registry);
      await checkSchema(db.database, registry);
      assert.deepEqual(
        await db.database.tuples(
          sql`SELECT city, size, first, last, rank, next_id FROM a_spot WHERE id = 2500`,
        ),
        [["town 2500", 2500, "Ann2500", "Bee", "low", 1]],
      );
      assert.deepEqual(await db.database.tuples(sql`SELECT * FROM rel_a_spot_close_ids`), [[1, 2]]);
      assert.deepEqual(await db.database.tuples(sql`SELECT res_model FROM a_message`), [["a.spot"]]);
      const fresh = await testDatabase([
        { name: "a", label: "A", version: "1", depends: [], models: after, migrations },
      ]);
      try {
        assert.deepEqual(await shapeOf(db), await shapeOf(fresh));
        assert.deepEqual(await fresh.database.tuples(sql`SELECT number FROM hf_migration ORDER BY number`), [
          [1],
          [2],
        ]);
      } finally {
        await fresh.close();
      }
    }));

  test("run twice do nothing the second time", () =>
    onOld(async (db) => {
      const registry = registryOf(after, migrations);
      await applySchema(db.database, registry);
      const rows = await rowsOf(db);
      assert.deepEqual(await applySchema(db.database, registry), []);
      assert.deepEqual(await rowsOf(db), rows);
    }));

  test("that die after any step leave the database as it was, and are done by the next run", () =>
    onOld(async (db) => {
      const registry = registryOf(after, migrations);
      const [shape, rows] = [await shapeOf(db), await rowsOf(db)];
      let steps = 0;
      for (let dying = 1; ; dying++) {
        let seen = 0;
        const kill = async (): Promise<void> => {
          if (++seen !== dying) return;
          await db.database.rows(
            sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
          );
        };
        try {
          steps = (await applySchema(db.database, registry, { onStep: kill })).length;
          break;
        } catch (error) {
          assert.equal((error as { code?: string }).code, "unavailable");
          assert.deepEqual(
            [await shapeOf(db), await rowsOf(db)],
            [shape, rows],
            `killed after step ${dying}`,
          );
        }
      }
      assert.ok(steps > 8, `${steps} steps, each was died after`);
      await checkSchema(db.database, registry);
    }));

  test("by two runners at once are done once", () =>
    onOld(async (db) => {
      const registry = registryOf(after, migrations);
      const done = await Promise.all([1, 2, 3].map(() => applySchema(db.database, registry)));
      assert.equal(done.filter((steps) => steps.length > 0).length, 1);
    }));

  test("stop on values that do not fit, and change nothing", () =>
    onOld(async (db) => {
      const cast: readonly Migration[] = [
        { ...migrations[0]!, number: 1 },
        {
          number: 2,
          label: "Sizes are numbers",
          steps: [
            dropModel("a.old"),
            renameField("a.spot", "who", "first"),
            addField("a.spot", "last", text({ label: "Last" })),
            changeType("a.spot", "size", integer({ label: "Size" })),
          ],
        },
      ];
      const shape = await shapeOf(db);
      await assert.rejects(applySchema(db.database, registryOf(after, cast)), {
        code: "conflict",
        message: /change the type of "size" of "a.spot": existing values do not fit/,
      });
      assert.deepEqual(await shapeOf(db), shape);
    }));

  test("that leave a difference to the declared schema change nothing", () =>
    onOld(async (db) => {
      const half = [migrations[0]!];
      const shape = await shapeOf(db);
      await assert.rejects(applySchema(db.database, registryOf(after, half)), {
        message: /"a_spot.who" is no longer declared/,
      });
      assert.deepEqual(await shapeOf(db), shape);
    }));

  test("pending alone keep a server from serving, even when no table differs", () =>
    onOld(async (db) => {
      const moved: Migration = {
        number: 1,
        label: "Shout",
        steps: [moveRows("a.place", { town: text({ label: "Town" }) }, ({ town }) => ({ town: `${town}!` }))],
      };
      const registry = registryOf(before, [moved]);
      await assert.rejects(checkSchema(db.database, registry), { code: "unavailable" });
      await applySchema(db.database, registry);
      await checkSchema(db.database, registry);
      await applySchema(db.database, registry);
      assert.deepEqual(await db.database.tuples(sql`SELECT town FROM a_place WHERE id = 1`), [["town 1!"]]);
      await assert.rejects(checkSchema(db.database, registryOf(before)), { code: "unavailable" });
    }));

  test("count from 1 without gaps", () => {
    assert.throws(() => registryOf(after, [migrations[1]!]), InvalidDeclarations);
    assert.throws(() => registryOf(after, [migrations[0]!, migrations[0]!]), InvalidDeclarations);
  });
});

describe("constraints in SQL", () => {
  const stock = defineModel({
    name: "a.stock",
    label: "Stock",
    displayName: "label",
    order: "id",
    fields: { label, place: integer({ label: "Place" }), amount: integer({ label: "Amount" }) },
    constraints: [
      { unique: ["label", "place"], message: "A thing lies once in a place." },
      { check: "amount >= 0 || label in ['debt', \"o'debt\"]", message: "There is not less than nothing." },
    ],
  });
  const app = (models: readonly Model[]) => ({ name: "a", label: "A", version: "1", depends: [], models });

  test("hold whoever writes, and speak in the model's words", async () => {
    const db = await testDatabase([app([stock])]);
    try {
      const create = (values: object) =>
        db.data.writing(db.system(), (env) => env.of(stock).create([{ label: "nail", ...values }]));
      await create({ place: 1, amount: 1 });
      await create({ place: 2, amount: 1 });
      await create({ label: "o'debt", amount: -1 });
      await assert.rejects(create({ place: 1 }), {
        code: "conflict",
        message: "A thing lies once in a place.",
      });
      await assert.rejects(create({ place: 3, amount: -1 }), {
        code: "invalid",
        message: "There is not less than nothing.",
      });
    } finally {
      await db.close();
    }
  });

  test("change with their text, and go when they are not declared any more", async () => {
    const db = await testDatabase([app([stock])]);
    try {
      const other = { ...stock, constraints: [{ check: "amount >= -5", message: "Not so little." }] };
      const steps = await applySchema(db.database, buildRegistry([app([other])]));
      assert.equal(steps.filter((step) => step.startsWith("drop ")).length, 2);
      assert.equal(steps.filter((step) => step.startsWith("add check")).length, 1);
      assert.deepEqual(await applySchema(db.database, buildRegistry([app([other])])), []);
    } finally {
      await db.close();
    }
  });

  test("that speak of other records or of the actor do not fit", () => {
    for (const check of ["next_id.amount > 0", "amount == actor.user_id"])
      assert.throws(
        () => buildRegistry([app([{ ...stock, constraints: [{ check, message: "x" }] }])]),
        InvalidDeclarations,
      );
  });
});
