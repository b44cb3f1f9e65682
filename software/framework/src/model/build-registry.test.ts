import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import type { App } from "../modules/app.ts";
import { buildRegistry, InvalidDeclarations } from "./build-registry.ts";
import { decimal, type Field, many2one, one2many, text } from "./field.ts";
import { type ComputeRun, defineModel, type RemoteMethod, remoteMethod } from "./model.ts";

const country = defineModel({
  name: "res.country",
  label: "Country",
  displayName: "name",
  order: "name",
  fields: { name: text({ label: "Name", required: true }) },
});
const partner = defineModel({
  name: "res.partner",
  label: "Contact",
  displayName: "name",
  order: "name",
  fields: {
    name: text({ label: "Name", required: true }),
    country_id: many2one("res.country", { label: "Country" }),
    child_ids: one2many("res.partner", "parent_id", { label: "Children" }),
    parent_id: many2one("res.partner", { label: "Parent" }),
  },
});
const base: App = {
  name: "base",
  label: "Base",
  version: "1.0.0",
  depends: [],
  models: [country, partner],
  groups: [{ key: "base.user", label: "User" }],
};
const more = (changes: Partial<App>): App => ({
  name: "more",
  label: "More",
  version: "1.0.0",
  depends: ["base"],
  models: [],
  ...changes,
});

function problems(...apps: readonly App[]): string {
  try {
    buildRegistry(apps);
  } catch (error) {
    assert.ok(error instanceof InvalidDeclarations);
    return error.problems.join("\n");
  }
  return "none";
}

describe("apps that do not fit together are refused, with the app and the nearest known name", () => {
  const cases: readonly (readonly [string, App, RegExp])[] = [
    [
      "an app that is not there",
      more({ depends: ["bsae"] }),
      /app "more" depends on app "bsae", which is not there \(did you mean "base"\?\)/,
    ],
    [
      "a model declared twice",
      more({ models: [country] }),
      /app "more": model "res.country" is declared twice/,
    ],
    [
      "an extension of nothing",
      more({ extensions: [{ model: "res.parner" }] }),
      /extends model "res.parner".*"res.partner"/,
    ],
    [
      "a field declared twice",
      more({ extensions: [{ model: "res.partner", fields: { name: text({ label: "Name" }) } }] }),
      /app "more": field "name" of model "res.partner" is declared already/,
    ],
    [
      "a relation to nothing",
      more({
        extensions: [{ model: "res.partner", fields: { x_id: many2one("res.county", { label: "X" }) } }],
      }),
      /field "x_id" refers to model "res.county".*"res.country"/,
    ],
    [
      "a one2many without its way back",
      more({
        extensions: [
          {
            model: "res.country",
            fields: { partner_ids: one2many("res.partner", "contry_id", { label: "P" }) },
          },
        ],
      }),
      /"contry_id" of "res.partner" is no many2one to "res.country" \(did you mean "country_id"\?\)/,
    ],
    [
      "a compute that depends on nothing",
      more({
        extensions: [
          {
            model: "res.partner",
            computes: [{ fields: ["name"], dependsOn: ["country_id.nam"], run: async () => new Map() }],
          },
        ],
      }),
      /a compute depends on "country_id.nam": "res.country" has no field "nam" \(did you mean "name"\?\)/,
    ],
    [
      "a field computed by two",
      more({
        extensions: [
          {
            model: "res.partner",
            computes: [["name"], ["name", "country_id"]].map((fields) => ({
              fields,
              dependsOn: [],
              run: async () => new Map(),
            })),
          },
        ],
      }),
      /field "name" is computed by two computes/,
    ],
    [
      "a right for no group",
      more({ rights: [{ group: "base.usr", model: "res.partner", allow: ["read"] }] }),
      /no group "base.usr".*"base.user"/,
    ],
    [
      "a rule that is no condition",
      more({ rules: [{ key: "r", model: "res.partner", label: "R", condition: "nmae == 'x'" }] }),
      /rule "r": /,
    ],
    [
      "a view of a field that is not there",
      more({
        lists: [
          { model: "res.partner", columns: [{ field: "citty" }], search: [], empty: { sentence: "None." } },
        ],
      }),
      /list of "res.partner": no field "citty"/,
    ],
    [
      "a menu of no model",
      more({ menus: [{ key: "m", label: "M", model: "res.partners", order: 1 }] }),
      /menu "m": no model "res.partners"/,
    ],
    [
      "two models that would share a table",
      more({ models: [{ ...country, name: "res_country" }] }),
      /models "res.country" and "res_country" would share one table/,
    ],
  ];
  for (const [name, app, message] of cases) test(name, () => assert.match(problems(base, app), message));

  test("apps that depend on each other in a circle", () => {
    const circle = more({ name: "base", depends: ["more"] });
    assert.match(problems(circle, more({})), /app "(base|more)" depends on itself through others/);
  });
});

describe("a registry", () => {
  test("holds apps after those they depend on, whatever their order", () => {
    assert.deepEqual(
      buildRegistry([more({}), base]).apps.map((app) => app.name),
      ["base", "more"],
    );
  });

  test("answers an unknown model with the nearest known one", () => {
    assert.throws(() => buildRegistry([base]).model("res.partnre"), {
      code: "not_found",
      message: /"res.partner"/,
    });
  });

  test("knows no field of the language's own", () => {
    const registry = buildRegistry([base]);
    for (const name of ["constructor", "__proto__", "toString"])
      assert.equal(registry.field(registry.model("res.partner"), name), undefined);
  });

  test("merges extensions: new fields, replaced methods, replaced computes of the same fields", () => {
    const rate = decimal({ label: "Rate", scale: 2 });
    const compute = { fields: ["rate"], dependsOn: ["name"], run: async () => new Map() };
    const other = { ...compute, run: async () => new Map([[1, { rate: "2" }]]) };
    const registry = buildRegistry([
      base,
      more({ extensions: [{ model: "res.country", fields: { rate }, computes: [compute] }] }),
      more({ name: "last", depends: ["more"], extensions: [{ model: "res.country", computes: [other] }] }),
    ]);
    const model = registry.model("res.country");
    assert.equal(model.fields["rate"], rate);
    assert.deepEqual(
      model.computes?.map(({ fields }) => fields),
      [["rate"]],
    );
  });

  test("has a digest that changes with the schema and with nothing else", () => {
    const digest = buildRegistry([base]).schemaDigest;
    assert.equal(buildRegistry([{ ...base, version: "2.0.0" }]).schemaDigest, digest);
    const widened = more({
      extensions: [{ model: "res.country", fields: { code: text({ label: "Code" }) } }],
    });
    assert.notEqual(buildRegistry([base, widened]).schemaDigest, digest);
  });
});

describe("a computed value", () => {
  const wage = decimal({ label: "Wage", scale: 2, groups: ["base.user"] });
  const told = (field: Field, secret: Field = wage): string =>
    problems({
      ...base,
      models: [
        country,
        {
          ...partner,
          fields: { ...partner.fields, wage: secret, twice: field },
          computes: [{ fields: ["twice"], dependsOn: ["parent_id.wage"], run: async () => new Map() }],
        },
      ],
    });

  test("is for those who may read what it is computed from, else the apps do not start", () => {
    const hidden = /computed field "twice" would tell "parent_id.wage"/;
    assert.match(told(decimal({ label: "Twice", scale: 2 })), hidden);
    assert.match(told(decimal({ label: "Twice", scale: 2, groups: ["base.admin"] })), hidden);
    assert.match(told(wage, decimal({ label: "Wage", scale: 2, secret: true })), hidden);
    assert.equal(told(wage), "none");
    assert.equal(told(decimal({ label: "Twice", scale: 2, secret: true })), "none");
  });
});

describe("an override", () => {
  const greet = (text: string): RemoteMethod =>
    remoteMethod({
      label: "Greet",
      on: "model",
      effect: "read",
      input: z.strictObject({}),
      run: async (_env, _ids, given, inherited) => [text, await inherited?.(_env, _ids, given)].flat(),
    });
  const withMethod = (name: string, depends: readonly string[]): App => ({
    ...more({ name, depends }),
    extensions: [{ model: "res.partner", methods: { greet: greet(name) } }],
  });

  test("of a method calls what was there before, over any number of apps", async () => {
    const first: App = { ...base, models: [country, { ...partner, methods: { greet: greet("base") } }] };
    const registry = buildRegistry([first, withMethod("one", ["base"]), withMethod("two", ["one"])]);
    const method = registry.model("res.partner").methods?.["greet"];
    assert.deepEqual(await method?.run({} as never, [], {} as never), ["two", "one", "base", undefined]);
  });

  test("of a compute gets the values that were computed before", async () => {
    const doubled: ComputeRun = async () => new Map([[1, { name: "computed" }]]);
    const one: App = {
      ...more({ name: "one" }),
      extensions: [
        { model: "res.partner", computes: [{ fields: ["name"], dependsOn: ["id"], run: doubled }] },
      ],
    };
    const two: App = {
      ...more({ name: "two", depends: ["one"] }),
      extensions: [
        {
          model: "res.partner",
          computes: [
            {
              fields: ["name"],
              dependsOn: ["parent_id.name"],
              run: async (env, ids, inherited) => {
                const before = await inherited?.(env, ids);
                return new Map([[1, { name: `${before?.get(1)?.["name"]} twice` }]]);
              },
            },
          ],
        },
      ],
    };
    const [compute] = buildRegistry([base, one, two]).model("res.partner").computes ?? [];
    assert.deepEqual(compute?.dependsOn, ["id", "parent_id.name"]);
    assert.deepEqual(await compute?.run({} as never, [1]), new Map([[1, { name: "computed twice" }]]));
  });
});
