import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Actor } from "../../access/actor.ts";
import { gate } from "../../access/gate.ts";
import { exportData } from "../../remote/export-data.ts";
import { describeFields } from "../../remote/field-description.ts";
import { remoteRows } from "../../remote/remote-rows.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { derivedApp, guests, houses, lands } from "../../testing/derived-app.ts";
import { buildRegistry } from "../build-registry.ts";
import { evaluateDomain, type PlainRow } from "../condition-memory.ts";
import { computedFrom, type Field, integer, many2one, text } from "../field.ts";
import type { Model } from "../model.ts";

let db: TestDatabase;
const world: Record<string, PlainRow[]> = {};
before(async () => {
  db = await testDatabase([derivedApp]);
  await db.data.writing(db.system(), async (env) => {
    const [sea, cave] = await env.of(lands).create([{ name: "Sea" }, { name: "Cave", hidden: true }]);
    const house = { warm: true, floors: 2, size: "l", built: Temporal.PlainDate.from("1999-05-01") } as const;
    const [villa, hole, ruin, bunker] = await env.of(houses).create([
      { name: "Villa", ...house, rent: "10.50", land_id: sea as number },
      { name: "Hole", land_id: cave as number },
      { name: "Ruin", floors: 1 },
      { name: "Bunker", ...house, rent: "99.00", hidden: true, land_id: sea as number },
    ]);
    const at = [villa, hole, ruin, bunker, undefined] as (number | undefined)[];
    await env
      .of(guests)
      .create(at.map((house_id, i) => ({ name: `Guest ${i}`, age: 16 + i, house_id: house_id ?? null })));
    for (const model of [lands, houses, guests] as Model[]) {
      const names = Object.keys(model.fields).filter((name) => name !== "guest_ids");
      const rows = await env.of(model).searchRead([], names as never[]);
      world[model.name] = rows.map((row) => plainRow(model, row));
    }
  });
});
after(() => db.close());

function plainRow(model: Model, row: Readonly<Record<string, unknown>>): PlainRow {
  const plain = Object.entries(row)
    .filter(
      ([name]) =>
        name === "id" || (model.fields[name]?.related ?? model.fields[name]?.computed) === undefined,
    )
    .map(([name, value]) => {
      if (model.fields[name]?.translated) return [name, { en_US: value }];
      if (value instanceof Temporal.PlainDate) return [name, value.toString()];
      return [name, typeof value === "object" && value !== null && "id" in value ? value.id : value];
    });
  return Object.fromEntries(plain) as PlainRow;
}

const who = (group: string) => db.actor({ userId: 7, groups: [group], language: "en" });
const as = (group = "derived.clerk") => db.data.reading(who(group)).of(guests);
const refused = { code: "invalid" };

describe("a related field", () => {
  test("has the value at the end of its path; what is hidden on the way leaves it unset", async () => {
    const names = [
      "house_name",
      "house_warm",
      "house_size",
      "house_built",
      "house_floors",
      "land_name",
    ] as const;
    const rows = await as().searchRead([], names);
    const first = {
      house_name: "Villa",
      house_warm: true,
      house_size: "l",
      house_floors: 2,
      land_name: "Sea",
    };
    assert.deepEqual({ ...rows[0] }, { id: rows[0]?.id, ...first, house_built: rows[0]?.house_built });
    assert.equal(String(rows[0]?.house_built), "1999-05-01");
    assert.deepEqual(
      rows.map((row) => row.house_name),
      ["Villa", "Hole", "Ruin", null, null],
    );
    assert.deepEqual(
      rows.map((row) => row.house_warm),
      [true, false, false, false, false],
    );
    assert.deepEqual(
      rows.map((row) => row.land_name),
      ["Sea", null, null, null, null],
    );
  });

  test("that leads to a record gives its id, and a name where that may be seen", async () => {
    const rows = await as().searchRead([], ["house_land_id"]);
    const lands = rows.map((row) => row.house_land_id);
    assert.deepEqual(
      lands.map((land) => land?.displayName),
      ["Sea", "", undefined, undefined, undefined],
    );
  });

  test("is read, searched, sorted and grouped in one statement each", async () => {
    const all = [
      ["land_name", "=", "Sea"],
      ["house_warm", "=", true],
    ] as const;
    const calls = [
      () => as().searchRead(all, ["house_land_id", "initial"], { order: "house_land_id desc, house_name" }),
      () => as().readGroup([], ["house_land_id", "house_size"], ["house_floors:sum"]),
      () =>
        as().readGroup([], ["house_built:year"], ["house_floors:max"], { order: "house_built:year desc" }),
    ];
    for (const call of calls) assert.equal((await db.statements(call)).length, 1);
  });

  test("groups what it shows, and each group's domain finds its records", async () => {
    for (const key of ["house_land_id", "house_size", "house_warm", "house_name", "house_built:month"]) {
      const groups = await as().readGroup([], [key], ["house_floors:sum"]);
      assert.equal(
        groups.reduce((sum, group) => sum + group.__count, 0),
        5,
        key,
      );
      for (const group of groups) assert.equal(await as().count(group.__domain), group.__count, key);
    }
    const sums = await as().readGroup([], [], ["house_floors:sum"]);
    assert.equal(Number(sums[0]?.["house_floors:sum"]), 3);
  });

  test("sorts, and a page begins after the last record of the one before", async () => {
    const order = "house_floors desc, house_land_id, id";
    const all = await as().searchRead([], ["house_floors", "house_land_id"], { order });
    for (const [i, row] of all.entries()) {
      const after = [row.house_floors, row.house_land_id, row.id];
      const rest = await as().search([], { order, after });
      assert.deepEqual(
        rest,
        all.slice(i + 1).map(({ id }) => id),
      );
    }
  });

  test("means in a domain what it means in memory, and parts the records with its negation", async () => {
    const land = world["derived.land"]?.[0]?.id as number;
    const terms = [
      ...["=", "!=", "like", "not ilike", "=like"].map((operator) => ["house_name", operator, "Villa"]),
      ...["house_name", "house_floors", "house_size", "house_land_id", "land_name", "house_built"].flatMap(
        (name) => [
          [name, "=", false],
          [name, "!=", false],
        ],
      ),
      ...[true, false].flatMap((value) => [
        ["house_warm", "=", value],
        ["house_warm", "!=", value],
      ]),
      ...["=", "!=", "in", "not in", "child_of", "parent_of"].map((operator) => [
        "house_land_id",
        operator,
        operator.endsWith("in") ? [land, false] : land,
      ]),
      ["house_floors", "<", 2],
      ["house_floors", "in", [1, false]],
      ["house_floors", "not in", [1]],
      ["house_size", "in", ["s", "l"]],
      ["house_built", ">", "1990-01-01"],
      ["house_land_id.name", "=", "Sea"],
      ["house_land_id.name", "!=", "Sea"],
      ["house_land_id", "ilike", "se"],
      ["house_land_id", "any", [["name", "=", "Sea"]]],
      ["house_land_id", "not any", [["name", "=", "Sea"]]],
      ["house_id.guest_ids.house_floors", "=", 2],
    ];
    const plain = {
      registry: db.registry,
      rows: (model: string) => world[model] ?? [],
      visible: (_model: string, row: PlainRow) => row["hidden"] !== true,
      archivedHidden: true,
      language: "en_US",
      companyId: null,
    };
    const all = world["derived.guest"] ?? [];
    for (const term of terms) {
      const found = await as().search([term as never], { order: "id" });
      const expected = all.filter((row) => evaluateDomain([term], guests, row, plain)).map(({ id }) => id);
      assert.deepEqual(found, expected, JSON.stringify(term));
      const others = await as().search(["!", term as never]);
      assert.equal(found.length + others.length, all.length, JSON.stringify(term));
    }
  });

  test("exists for those alone who may read every step, in no channel for others", async () => {
    const chief = await as("derived.chief").searchRead([], ["house_rent", "budget"]);
    assert.deepEqual(
      chief.map((row) => row.budget),
      ["10.50 a month", null, null, null, null],
    );
    const hidden = (group: string, names: readonly string[]) =>
      names.flatMap((name) => [
        () => as(group).searchRead([], [name as "name"]),
        () => as(group).search([[name, "=", false]] as never),
        () => as(group).search([], { order: name }),
        () => as(group).readGroup([], [name], []),
        () => as(group).readGroup([], [], [`${name}:count`]),
        () => as(group).searchNested([], { [name]: {} } as never),
      ]);
    const rents = hidden("derived.clerk", ["house_rent", "budget"]);
    const houses = hidden("derived.stranger", [
      "house_name",
      "house_land_id",
      "house_warm",
      "stairs",
      "address",
    ]);
    for (const call of [...rents, ...houses]) await assert.rejects(call, refused);
    const seen = (group: string) => {
      const access = gate(db.registry, who(group)).on(guests, "read");
      return access.allowed ? [...access.fields] : [];
    };
    const told = ["house_rent", "budget", "house_name", "stairs", "address"];
    assert.deepEqual(
      told.filter((name) => seen("derived.clerk").includes(name)),
      ["house_name", "stairs", "address"],
      "what cannot be worked out is not described either",
    );
    assert.equal(
      told.some((name) => seen("derived.stranger").includes(name)),
      false,
    );
    assert.equal((await as("derived.stranger").searchRead([], ["initial"])).length, 5);
    const keyed: Actor = {
      ...who("derived.chief"),
      scope: { readOnly: true, models: new Set(["derived.guest"]) },
    };
    await assert.rejects(() => db.data.reading(keyed).of(guests).searchRead([], ["house_name"]), refused);
    await assert.rejects(
      () =>
        db.data
          .reading(keyed)
          .of(guests)
          .search([["house_name", "=", "x"]]),
      refused,
    );
  });
});

describe("a value worked out on reading", () => {
  test("comes from what it says it depends on, in the statement that reads it", async () => {
    const names = ["initial", "adult", "stairs", "address"] as const;
    let rows: readonly Readonly<Record<string, unknown>>[] = [];
    const statements = await db.statements(async () => {
      rows = await as().searchRead([], names);
    });
    assert.equal(statements.length, 1);
    assert.deepEqual(
      rows.map(({ adult }) => adult),
      [false, false, true, true, true],
    );
    assert.deepEqual(
      rows.map(({ stairs }) => stairs),
      [24, 0, 12, 0, 0],
    );
    assert.deepEqual(
      rows.map(({ address }) => address),
      ["Guest 0, Sea", "Guest 1, ", null, null, null],
    );
    const { shape, tuples } = await as().searchTexts([], names);
    const remote = remoteRows({ shape, tuples }, "named");
    const told = rows.map((row) => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, v ?? false])));
    assert.deepEqual(remote, told);
  });

  test("is among the rows of a collection as it is in a list", async () => {
    const [villa] = await db.data
      .reading(who("derived.clerk"))
      .of(houses)
      .searchNested([["name", "=", "Villa"]], {
        guest_ids: { model: guests, fields: { address: {}, adult: {}, house_floors: {} } },
      });
    const [guest] = villa?.guest_ids ?? [];
    assert.deepEqual([guest?.address, guest?.adult, guest?.house_floors], ["Guest 0, Sea", false, 2]);
  });

  test("cannot be searched, sorted, grouped or added up, and the refusal names it", async () => {
    const names = { ...refused, message: /initial|stairs/ };
    await assert.rejects(() => as().search([["initial", "=", "G"]]), { ...names, hint: /"name"/ });
    await assert.rejects(() => as().search([["house_id.guest_ids.initial", "=", "G"]]), names);
    await assert.rejects(() => as().search([], { order: "initial" }), names);
    await assert.rejects(() => as().readGroup([], ["initial"], []), names);
    await assert.rejects(() => as().readGroup([], [], ["stairs:sum"]), names);
  });
});

describe("a field that is not stored", () => {
  test("is written by nobody, not by our own code either, and copied as what it comes from", async () => {
    const write = (actor: Actor, values: object) =>
      db.data.writing(actor, (env) => env.of(guests).write([1], values as never));
    for (const actor of [who("derived.clerk"), db.system()])
      for (const values of [{ house_name: "Palace" }, { initial: "X" }])
        await assert.rejects(() => write(actor, values), { code: "access_denied" });
    await db.data.writing(db.system(), async (env) => {
      const copy = await env.of(guests).copy(1);
      assert.equal((await env.of(guests).read([copy], ["house_name"]))[0]?.house_name, "Villa");
      await env.of(guests).unlink([copy]);
    });
  });

  test("is described as readonly; what is worked out as neither searchable nor sortable", () => {
    const all = describeFields(db.registry, guests, new Set(Object.keys(guests.fields)));
    const of = (name: string) => {
      const { readonly, store, searchable, sortable } = all[name] as never as Record<string, boolean>;
      return [readonly, store, searchable, sortable];
    };
    assert.deepEqual(of("house_floors"), [true, false, true, true]);
    assert.deepEqual(of("stairs"), [true, false, false, false]);
  });

  test("is exported like any other", async () => {
    const env = db.data.reading(who("derived.clerk"));
    const table = await exportData(
      { env, model: guests, ids: [1] } as never,
      {
        fields_to_export: ["house_land_id", "initial", "adult"],
      } as never,
    );
    assert.deepEqual(table, { datas: [["Sea", "G", false]] });
  });

  test("is refused at the start when its declaration does not hold", () => {
    const nick = text({ label: "Nickname" });
    const wrong: readonly (readonly [Field, RegExp])[] = [
      [text({ label: "X", related: "house_id.nome" }), /no field "nome"/],
      [text({ label: "X", related: "house_id" }), /no path of 2 to 4 steps/],
      [text({ label: "X", related: "house_id.guest_ids.name" }), /no many2one/],
      [integer({ label: "X", related: "house_id.guest_ids" }), /ends at a one2many/],
      [integer({ label: "X", related: "house_id.name" }), /its end is text/],
      [many2one("derived.house", { label: "X", related: "house_id.land_id" }), /its end to "derived.land"/],
      [text({ label: "X", related: "extra.name" }), /"extra" is not stored/],
      [text({ label: "X", related: "house_id.name", required: true }), /cannot be required/],
      [text({ label: "X", related: "house_id.name", index: true }), /neither indexed nor unique/],
      [text({ label: "X", computed: computedFrom({ nick }, () => "x") }), /"nick", which is not there/],
      [
        text({ label: "X", computed: computedFrom({ name: integer({ label: "N" }) }, () => "x") }),
        /another field/,
      ],
      [text({ label: "X", computed: computedFrom({ extra: nick }, () => "x") }), /no column and no related/],
      [text({ label: "X", computed: computedFrom({}, () => "x") }), /worked out from nothing/],
    ];
    for (const [extra, problem] of wrong) {
      const extension = { model: "derived.guest", fields: { extra } };
      assert.throws(() => buildRegistry([{ ...derivedApp, extensions: [extension] }]), { message: problem });
    }
  });
});
