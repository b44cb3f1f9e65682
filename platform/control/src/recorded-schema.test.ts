import assert from "node:assert/strict";
import { test } from "node:test";
import { compareBackup } from "@holdfast/backups/compare";
import { loadBackup } from "@holdfast/backups/load";
import { peekBackup } from "@holdfast/backups/peek";
import { takeBackup } from "@holdfast/backups/take";
import { sampleOf, takeInputOf } from "@holdfast/backups/testing/samples";
import { threeVaults } from "@holdfast/backups/testing/vaults";
import { type Fields, integer, text } from "@holdfast/framework/model/field";
import { defineModel } from "@holdfast/framework/model/model";
import type { App } from "@holdfast/framework/modules/app";
import {
  addField,
  changeType,
  dropField,
  moveRows,
  renameField,
  renameModel,
} from "@holdfast/framework/modules/migration";
import {
  applySchema,
  checkSchema,
  showSchemaPlan,
  upgradeRefusals,
} from "@holdfast/framework/sql/schema/apply";
import { sql } from "@holdfast/framework/sql/sql";
import { type TestDatabase, testDatabase } from "@holdfast/framework/testing/database";
import { present } from "@holdfast/kernel/assert";
import { recordedSchema } from "./recorded-schema.ts";

const label = text({ label: "Label", required: true });

function app(model: string, fields: Fields, own: Pick<App, "version" | "migrations">): App {
  const declared = defineModel({
    name: model,
    label: model,
    displayName: "label",
    order: "label",
    fields: { label, ...fields },
  });
  return { name: "places", label: "Places", depends: [], models: [declared], ...own };
}

const former = app(
  "a.place",
  { town: text({ label: "Town", unique: true }), size: text({ label: "Size" }), who: text({ label: "Who" }) },
  { version: "1" },
);
const names = { who: text({ label: "Who" }), first: text({ label: "First" }) };
const today = app(
  "a.spot",
  {
    city: text({ label: "City", unique: true }),
    size: integer({ label: "Size" }),
    first: text({ label: "First", required: true }),
  },
  {
    version: "2",
    migrations: [
      {
        number: 1,
        label: "Places become spots, with a first name",
        steps: [
          renameField("a.place", "town", "city"),
          renameModel("a.place", "a.spot"),
          addField("a.spot", "first", text({ label: "First", required: true })),
          moveRows("a.spot", names, ({ who }) => ({ first: (who ?? "?").split(" ")[0] ?? "?" })),
          dropField("a.spot", "who"),
          changeType(
            "a.spot",
            "size",
            integer({ label: "Size" }),
            (size) => Number.parseInt(String(size), 10) || 0,
          ),
        ],
      },
    ],
  },
);
const without = { ...today, migrations: [] };

async function backupOf(db: TestDatabase) {
  const { vaults } = await threeVaults();
  const sample = await sampleOf(addressOf(db));
  const input = takeInputOf(sample, vaults);
  const taken = await takeBackup(input);
  const peeked = await peekBackup({ source: input, vaults });
  assert.ok(peeked.kind === "peeked");
  const tables = peeked.tables.map((table) => ({
    ...table,
    columns: [...table.columns],
    key: [...table.key],
  }));
  const shape = peeked.shape?.map((table) => ({ ...table, columns: [...table.columns] })) ?? null;
  return { source: input, vaults, taken, recorded: present(recordedSchema({ tables, shape }), "its shape") };
}

function addressOf({ connection }: TestDatabase) {
  const { host, port, database, user, password } = connection as never as Record<string, string>;
  return {
    host: host ?? "",
    port: Number(port),
    database: database ?? "",
    user: user ?? "",
    ...(password ? { password } : {}),
  };
}

/** An empty database, as a restore makes one. */
async function emptyDatabase(): Promise<TestDatabase> {
  const db = await testDatabase([{ name: "none", label: "None", version: "1", depends: [], models: [] }], {
    install: false,
  });
  await db.database.rows(sql`DROP TABLE hf_schema, hf_migration`);
  return db;
}

test("a backup from before a migration is loaded as it was, proven equal, and then upgraded by it", async () => {
  const old = await testDatabase([former]);
  await old.database.rows(sql`INSERT INTO a_place (label, town, size, who, create_date, write_date)
    SELECT 'p' || n, 'town ' || n, n || ' m', 'Ann' || n || ' Bee', now(), now() FROM generate_series(1, 1500) n`);
  const { source, vaults, taken, recorded } = await backupOf(old);
  const fresh = await testDatabase([today]);
  const db = await emptyDatabase();
  try {
    assert.deepEqual(upgradeRefusals(recorded, fresh.registry), []);
    await applySchema(db.database, fresh.registry, { phase: "tables", recorded });
    const target = await sampleOf(addressOf(db));
    assert.equal((await loadBackup({ source, vaults, target })).kind, "loaded");
    const compared = await compareBackup({ target, signed: taken.signed, source: source });
    assert.deepEqual(compared.differences, []);
    await applySchema(db.database, fresh.registry, { phase: "constraints" });
    const rows = await db.database.rows(sql`SELECT city, size, first FROM a_spot WHERE label = 'p7'`);
    assert.deepEqual(rows, [{ city: "town 7", size: 7, first: "Ann7" }]);
    assert.deepEqual(await db.database.rows(sql`SELECT app, number FROM hf_migration`), [
      { app: "places", number: 1 },
    ]);
    await checkSchema(db.database, fresh.registry);
    const left = await showSchemaPlan(db.database, fresh.registry);
    assert.deepEqual([left.migrations, left.tables, left.constraints], [[], [], []], "nothing is left to do");
    const [made] = await db.database.rows<{ id: number }>(
      sql`INSERT INTO a_spot (label, first, create_date, write_date) VALUES ('n', 'x', now(), now()) RETURNING id`,
    );
    assert.equal(made?.id, 1501, "numbers go on");
  } finally {
    await Promise.all([old.close(), fresh.close(), db.close()]);
  }
});

test("a backup of the upgraded database is restored with its migration done, and it does not run again", async () => {
  const old = await testDatabase([former]);
  const fresh = await testDatabase([today]);
  const db = await emptyDatabase();
  try {
    await old.database.rows(
      sql`INSERT INTO a_place (label, size, who, create_date, write_date) VALUES ('p', '3 m', 'Ann', now(), now())`,
    );
    await applySchema(old.database, fresh.registry);
    await old.database.rows(sql`UPDATE a_spot SET first = 'Changed since'`);
    const { source, vaults, recorded } = await backupOf(old);
    await applySchema(db.database, fresh.registry, { phase: "tables", recorded });
    const loaded = await loadBackup({ source, vaults, target: await sampleOf(addressOf(db)) });
    assert.equal(loaded.kind, "loaded");
    await applySchema(db.database, fresh.registry, { phase: "constraints" });
    assert.deepEqual(await db.database.rows(sql`SELECT first FROM a_spot`), [{ first: "Changed since" }]);
  } finally {
    await Promise.all([old.close(), fresh.close(), db.close()]);
  }
});

test("a backup that no migration leads away from is refused before anything is restored, and says why", async () => {
  const old = await testDatabase([former]);
  const fresh = await testDatabase([without]);
  try {
    const { recorded } = await backupOf(old);
    assert.match(upgradeRefusals(recorded, fresh.registry).join(), /table "a_place" is no longer declared/);
  } finally {
    await Promise.all([old.close(), fresh.close()]);
  }
});
