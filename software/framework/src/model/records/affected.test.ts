import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import type { Environment } from "../environment.ts";
import { many2many, many2one, one2many, text } from "../field.ts";
import { defineModel, type Model } from "../model.ts";

/** What each run of the compute was asked for. */
let runs: number[][] = [];

const town = defineModel({
  name: "g.town",
  label: "Town",
  displayName: "name",
  order: "id",
  fields: { name: text({ label: "Name", required: true }) },
});
const street = defineModel({
  name: "g.street",
  label: "Street",
  displayName: "name",
  order: "id",
  fields: {
    name: text({ label: "Name", required: true }),
    town_id: many2one("g.town", { label: "Town" }),
    house_ids: one2many("g.house", "street_id", { label: "Houses" }),
  },
});
const house = defineModel({
  name: "g.house",
  label: "House",
  displayName: "name",
  order: "id",
  fields: {
    name: text({ label: "Name", required: true }),
    street_id: many2one("g.street", { label: "Street", onDelete: "cascade" }),
    owner_ids: many2many("g.owner", { label: "Owners" }),
  },
});
/** Depends on everything above over every kind of relation. */
const owner: Model = {
  name: "g.owner",
  label: "Owner",
  displayName: "name",
  order: "id",
  fields: {
    name: text({ label: "Name", required: true }),
    house_ids: many2many("g.house", { label: "Houses" }),
    walk_id: many2one("g.street", { label: "Walks in" }),
    summary: text({ label: "Summary" }),
  },
  computes: [
    {
      fields: ["summary"],
      dependsOn: ["house_ids.street_id.town_id.name", "walk_id.house_ids.name"],
      run: async (_env, ids) => {
        runs.push([...ids].sort((a, b) => a - b));
        return new Map(ids.map((id) => [id, { summary: `run ${runs.length}` }]));
      },
    },
  ],
};

let db: TestDatabase;
const made = { town: 0, street: 0, other: 0, house: 0, lonely: 0, byHouse: 0, byWalk: 0 };

before(async () => {
  db = await testDatabase([
    { name: "g", label: "G", version: "1.0.0", depends: [], models: [town, street, house, owner] },
  ]);
});
after(() => db.close());

const writing = <T>(work: (env: Environment) => Promise<T>) => db.data.writing(db.system(), work);
const make = async (env: Environment, model: Model, values: Record<string, unknown>) =>
  (await env.of(model).create([{ name: "x", ...values } as never]))[0] as number;

/** A town with a street with a house; one owner of the house, one who walks in the street. */
beforeEach(async () => {
  await writing(async (env) => {
    made.town = await make(env, town, {});
    made.street = await make(env, street, { town_id: made.town });
    made.other = await make(env, street, {});
    made.house = await make(env, house, { street_id: made.street });
    made.lonely = await make(env, owner, {});
    made.byHouse = await make(env, owner, { house_ids: [[4, made.house]] });
    made.byWalk = await make(env, owner, { walk_id: made.street });
  });
  runs = [];
});

async function recomputed(work: (env: Environment) => Promise<unknown>): Promise<number[]> {
  await writing(work);
  return [...new Set(runs.flat())];
}

describe("a computed value is recomputed for exactly those who reach the change", () => {
  test("over three relations, when the last field changes", async () => {
    assert.deepEqual(await recomputed((env) => env.of(town).write([made.town], { name: "y" })), [
      made.byHouse,
    ]);
  });

  test("when a relation in the middle of the way changes", async () => {
    assert.deepEqual(await recomputed((env) => env.of(street).write([made.street], { town_id: null })), [
      made.byHouse,
    ]);
    runs = [];
    assert.deepEqual(await recomputed((env) => env.of(house).write([made.house], { name: "y" })), [
      made.byWalk,
    ]);
  });

  test("when a line moves away or to them", async () => {
    const both = [made.byHouse, made.byWalk];
    assert.deepEqual(
      await recomputed((env) => env.of(house).write([made.house], { street_id: made.other })),
      both,
    );
    runs = [];
    assert.deepEqual(
      await recomputed((env) => env.of(house).write([made.house], { street_id: made.street })),
      both,
    );
  });

  test("when a line is created or deleted", async () => {
    const id = await writing((env) => make(env, house, { street_id: made.street }));
    assert.deepEqual(runs, [[made.byWalk]]);
    assert.deepEqual(await recomputed((env) => env.of(house).unlink([id])), [made.byWalk]);
  });

  test("when pairs are made or removed", async () => {
    assert.deepEqual(
      await recomputed((env) =>
        env.of(owner).write([made.lonely], { house_ids: [[4, made.house]] } as never),
      ),
      [made.lonely],
    );
    runs = [];
    assert.deepEqual(
      await recomputed((env) => env.of(owner).write([made.lonely], { house_ids: [[5]] } as never)),
      [made.lonely],
    );
  });

  test("when what they refer to is deleted, with all that goes with it", async () => {
    assert.deepEqual(await recomputed((env) => env.of(street).unlink([made.street])), [
      made.byHouse,
      made.byWalk,
    ]);
  });

  test("and not when other fields change", async () => {
    assert.deepEqual(await recomputed((env) => env.of(street).write([made.street], { name: "y" })), []);
    assert.deepEqual(
      await recomputed((env) => env.of(owner).write([made.lonely], { name: "y" } as never)),
      [],
    );
  });

  test("once, however many changes one call makes", async () => {
    await writing((env) =>
      env.of(street).write([made.street], {
        town_id: null,
        house_ids: [
          [1, made.house, { name: "y" }],
          [0, 0, { name: "new" }],
          [0, 0, { name: "newer" }],
        ],
      }),
    );
    assert.deepEqual(runs, [[made.byHouse, made.byWalk]]);
  });

  test("unless they are deleted in the same call", async () => {
    assert.deepEqual(await recomputed((env) => env.of(owner).unlink([made.byHouse])), []);
  });
});
