import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Environment } from "@holdfast/framework/model/environment";
import type { Field } from "@holdfast/framework/model/field";
import type { Model } from "@holdfast/framework/model/model";
import { dispatch } from "@holdfast/framework/remote/dispatch";
import { existsOn, ownMethods, standardMethods } from "@holdfast/framework/remote/standard-methods";
import { ExpectedError } from "@holdfast/kernel/errors";
import { type CompanyHost, companyHost } from "./company-host.ts";
import {
  argumentsOf,
  declaredMethods,
  grows,
  missingArguments,
  oneRecord,
  type Rows,
  standardArguments,
} from "./every-method.ts";

const [few, many] = [2, 12];
const skipped = new Set<string>();
let host: CompanyHost;
let serial = 0;
let administrator: number;
before(async () => {
  host = await companyHost();
  administrator = await host.userId("admin");
});
after(() => host.close());

const models = () => [...host.database.registry.models.values()];
const system = () => host.database.system();
const call = (model: string, method: string, args: unknown[], kwargs = {}) =>
  dispatch(host.database.data, system(), { model, method, args, kwargs });
const countOf = async (work: () => Promise<unknown>) => (await host.database.statements(work)).length;

/** A value for each field that a new record needs; null when there is none. */
async function valuesFor(env: Environment, model: Model): Promise<Record<string, unknown> | null> {
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(model.fields)) {
    if (!(field.required || field.unique) || (field.default !== undefined && !field.unique)) continue;
    const value = await valueFor(env, field);
    if (value === undefined) return null;
    values[name] = value;
  }
  return values;
}

async function valueFor(env: Environment, field: Field): Promise<unknown> {
  serial += 1;
  switch (field.kind) {
    case "text":
      return (field.maxLength ?? 9) < 8 ? serial.toString(36).slice(-(field.maxLength ?? 9)) : `n${serial}`;
    case "longText":
    case "html":
      return `n${serial}`;
    case "integer":
      return serial;
    case "decimal":
    case "money":
      return "1";
    case "date":
      return "2026-11-22";
    case "datetime":
      return "2026-11-22 12:00:00";
    case "selection":
      return field.options?.[0]?.[0];
    case "many2one":
      return (
        await env.model(field.target ?? "").search([], { limit: 1, order: "id", activeOnly: false })
      )[0];
    default:
      return undefined;
  }
}

/** Makes records of a model; null where they cannot be made from their fields alone. */
async function made(model: Model, count: number): Promise<number[] | null> {
  const more = wanted[model.name] ?? (() => ({}));
  try {
    return await host.database.data.writing(system(), async (env) => {
      const rows = await Promise.all(Array.from({ length: count }, () => valuesFor(env, model)));
      if (rows.includes(null)) return null;
      return env.of(model).create(rows.map((row) => ({ ...row, ...more() })) as never[]);
    });
  } catch (error) {
    if (error instanceof ExpectedError) return null;
    throw error;
  }
}

const rowsOf = (model: Model, ids: readonly number[]): Rows => ({
  registry: host.database.registry,
  model,
  ids,
  fresh: (maxLength) => `changed${++serial}`.slice(-(maxLength ?? 40)),
});

test("every remote method is called here, or says why it is not: a new one joins by itself", () => {
  const { registry } = host.database;
  assert.deepEqual(missingArguments(registry), []);
  const declared = declaredMethods(registry).map(({ full }) => full);
  for (const name of [...Object.keys(grows), ...Object.keys(oneRecord).filter((one) => one.includes("."))])
    assert.ok(declared.includes(name), `"${name}" is an exception and no method any more`);
});

test("no verb sends more statements for more rows, on any model", async (context) => {
  const standard = Object.entries(standardArguments).sort(([left], [right]) => late(left) - late(right));
  for (const model of models()) {
    const [some, others] = [await made(model, few), await made(model, many)];
    if (some === null || others === null) {
      skipped.add(model.name);
      continue;
    }
    for (const [verb, argumentsFor] of standard) {
      const method = standardMethods.get(verb) ?? ownMethods.get(verb);
      if (method === undefined || !existsOn(model, method)) continue;
      const outcome = async (ids: number[]) => {
        const given = argumentsFor(rowsOf(model, ids));
        if (given === null) return 0;
        const asked = () => call(model.name, verb, [...(given.args ?? [])], given.kwargs);
        return countOf(() =>
          asked().catch((error: unknown) => assert.ok(error instanceof ExpectedError, String(error))),
        );
      };
      const less: number = await outcome(some);
      const more: number = await outcome(others);
      assert.ok(
        more <= less,
        `${model.name}: ${verb} of ${few} sends ${less} statements, of ${many} ${more}`,
      );
    }
  }
  context.diagnostic(
    `${models().length - skipped.size} models; made by their own code alone: ${[...skipped].join(", ")}`,
  );
  assert.ok(skipped.size <= models().length / 3, `too many could not be made: ${[...skipped].join(", ")}`);
});

/** What takes the rows away comes last, and what needs them away after it. */
function late(verb: string): number {
  return ["unlink", "trash_read", "trash_restore", "trash_delete"].indexOf(verb);
}

/** Fields that a method asks for though no record needs them. */
const wanted: Readonly<Record<string, () => Record<string, unknown>>> = {
  "res.users": () => ({ email: `u${++serial}@example.test` }),
  "sale.order": () => ({ company_id: 1, order_line: [[0, 0, { product_id: 1 }]] }),
  "hf.webhook": () => ({
    url: "https://example.test/told",
    res_model: "res.partner",
    user_id: administrator,
  }),
};
/** In which state a method takes its records. */
const beforehand: Readonly<Record<string, (ids: readonly number[]) => Promise<unknown>>> = {
  "sale.order.action_draft": async (ids) => asAdmin("sale.order", "action_cancel", [ids]),
};

async function asAdmin(
  model: string,
  method: string,
  args: readonly unknown[],
  kwargs = {},
): Promise<unknown> {
  const actor = { ...(await host.actor("admin")), confirmedAtMs: Date.now() };
  return dispatch(host.database.data, actor, { model, method, args: [...args], kwargs });
}

test("no method of any app sends more statements for more rows", async (context) => {
  const told: string[] = [];
  for (const { model, name, full, on } of declaredMethods(host.database.registry)) {
    if (oneRecord[full] !== undefined) continue;
    const counts: number[] = [];
    for (const count of [few, many]) {
      const ids =
        on === "model" ? Array.from({ length: count }, (_, n) => n + 1) : await madeFor(model, count);
      await beforehand[full]?.(ids);
      const { args = on === "records" ? [ids] : [], kwargs } =
        argumentsOf(full, name)?.(rowsOf(model, ids)) ?? {};
      counts.push(await countOf(() => asAdmin(model.name, name, args, kwargs)));
    }
    const [less = 0, more = 0] = counts;
    told.push(`${full} ${less} ${more}`);
    if (grows[full] === undefined)
      assert.ok(more <= less, `${full} of ${few} sends ${less}, of ${many} ${more}`);
    else assert.ok(more > less, `${full} sends no more for more rows: it is no exception any more`);
  }
  context.diagnostic(told.join(", "));
});

async function madeFor(model: Model, count: number): Promise<number[]> {
  const ids = await made(model, count);
  return (
    ids ?? assert.fail(`no records of ${model.name} to call its methods on: say in "wanted" what they need`)
  );
}

test("asking who can see a record sends no more statements for more people", async () => {
  const ask = () => asAdmin("ir.model.access", "who_can", ["res.partner", 1, "read"]);
  const less: number = await countOf(ask);
  await madeFor(host.database.registry.model("res.users"), many);
  const more: number = await countOf(ask);
  assert.equal(more, less);
});

test("an import sends no more statements for more rows, new ones and known ones", async () => {
  const load = (rows: readonly (readonly unknown[])[]) =>
    call("res.partner", "load", [["id", "name", "country_id", "category_id"], rows]);
  const rows = (count: number, tag: string) =>
    Array.from({ length: count }, (_, n) => [`n1.${tag}${n}`, `Imported ${tag} ${n}`, "Latvia", ""]);
  const fresh: number[] = [];
  const again: number[] = [];
  for (const [count, tag] of [
    [few, "a"],
    [many, "b"],
  ] as const) {
    fresh.push(await countOf(() => load(rows(count, tag))));
    again.push(
      await countOf(() => load(rows(count, tag).map(([id, name, ...rest]) => [id, `${name}!`, ...rest]))),
    );
  }
  assert.ok((fresh[1] as number) <= (fresh[0] as number), `new rows: ${fresh.join(" and ")}`);
  assert.ok((again[1] as number) <= (again[0] as number), `known rows: ${again.join(" and ")}`);
});

test("commands on collections send no more statements for more of them", async () => {
  const partners = (count: number) =>
    Array.from({ length: count }, () => [0, 0, { name: `Child ${++serial}` }]);
  const [parent] = (await call("res.partner", "create", [[{ name: "Parent" }]])) as number[];
  const counts = new Map<string, number[]>();
  for (const count of [few, many]) {
    const note = async (kind: string, commands: (ids: number[]) => unknown[]) => {
      const ids = (await call("res.partner", "search", [[["parent_id", "=", parent]]])) as number[];
      const write = () =>
        call("res.partner", "write", [[parent], { child_ids: commands(ids.slice(0, count)) }]);
      counts.set(kind, [...(counts.get(kind) ?? []), await countOf(write)]);
    };
    await note("create", () => partners(count));
    await note("update", (ids) => ids.map((id) => [1, id, { city: `City ${++serial}` }]));
    await note("unlink", (ids) => ids.map((id) => [3, id]));
    const others = (await call("res.partner", "create", [
      Array.from({ length: count }, () => ({ name: `Other ${++serial}` })),
    ])) as number[];
    await note("link", () => others.map((id) => [4, id]));
    await note("delete", (ids) => ids.map((id) => [2, id]));
  }
  for (const [kind, [less = 0, more = 0]] of counts) assert.ok(more <= less, `${kind}: ${less} and ${more}`);
});

test("products made and changed through their variants send no more statements for more of them", async () => {
  const counts: number[][] = [];
  for (const count of [few, many]) {
    let ids: number[] = [];
    const make = async () => {
      const values = Array.from({ length: count }, () => ({ name: `Product ${++serial}` }));
      ids = (await call("product.product", "create", [values])) as number[];
    };
    const made = await countOf(make);
    counts.push([made, await countOf(() => call("product.product", "write", [ids, { list_price: 12 }]))]);
  }
  const [less = [], more = []] = counts;
  for (const [at, sent] of more.entries())
    assert.ok(sent <= (less[at] ?? 0), `${less.join(" ")} and ${more.join(" ")}`);
});

test("quotations moved from state to state send no more statements for more of them", async () => {
  const actor = await host.actor("bo");
  const own = (model: string, method: string, args: unknown[], kwargs = {}) =>
    dispatch(host.database.data, actor, { model, method, args, kwargs });
  const [partner_id] = (await own("res.partner", "search", [[]], { limit: 1 })) as number[];
  const counts: number[][] = [];
  for (const count of [few, many]) {
    const line = [0, 0, { product_id: 1, product_uom_qty: 1 }];
    const values = Array.from({ length: count }, () => ({ partner_id, order_line: [line] }));
    const ids = (await own("sale.order", "create", [values])) as number[];
    const sent: number[] = [];
    for (const step of ["action_confirm", "action_cancel", "action_draft"])
      sent.push(await countOf(() => own("sale.order", step, [ids])));
    counts.push(sent);
  }
  const [less = [], more = []] = counts;
  for (const [at, one] of more.entries())
    assert.ok(one <= (less[at] ?? 0), `${less.join(" ")} and ${more.join(" ")}`);
});

test("creating more rows at once sends no more statements", async () => {
  for (const model of models().filter((one) => !skipped.has(one.name))) {
    const counts: number[] = [];
    for (const count of [few, many]) {
      const sent = await countOf(async () => {
        await host.database.data.writing(system(), async (env) => {
          const rows = await Promise.all(Array.from({ length: count }, () => valuesFor(env, model)));
          counts.push(-(await lookups(model)) * count);
          const more = wanted[model.name] ?? (() => ({}));
          await env.of(model).create(rows.map((row) => ({ ...row, ...more() })) as never[]);
        });
      });
      counts.push(sent);
    }
    const [fewLookups, fewSent, manyLookups, manySent] = counts as [number, number, number, number];
    assert.ok(manySent + manyLookups <= fewSent + fewLookups, `${model.name}: ${counts.join(" ")}`);
  }
});

/** Statements of {@link valuesFor} itself, for one row. */
async function lookups(model: Model): Promise<number> {
  return Object.values(model.fields).filter(
    (field) => field.kind === "many2one" && (field.required || field.unique) && field.default === undefined,
  ).length;
}

test("creating and copying a quotation of forty lines sends no more statements than one of four", async () => {
  const actor = await host.actor("bo");
  const own = (model: string, method: string, args: unknown[], kwargs = {}) =>
    dispatch(host.database.data, actor, { model, method, args, kwargs });
  const [partner] = (await own("res.partner", "search", [[]], { limit: 1 })) as number[];
  const made: number[] = [];
  const order = async (lines: number) => {
    const line = (n: number) => [0, 0, { product_id: 1 + (n % 4), product_uom_qty: 1 }];
    const order_line = Array.from({ length: lines }, (_, n) => line(n));
    made.push((await own("sale.order", "create", [{ partner_id: partner, order_line }])) as number);
  };
  const less: number = await countOf(() => order(4));
  const more: number = await countOf(() => order(40));
  assert.equal(more, less);
  const [small, large] = made;
  const copied: number = await countOf(() => own("sale.order", "copy", [[small]]));
  assert.equal(await countOf(() => own("sale.order", "copy", [[large]])), copied);
});

test("what asks once a row is noticed by this count", async () => {
  const oneByOne = (ids: number[]) => Promise.all(ids.map((id) => call("res.partner", "read", [[id]])));
  const ids = (await call("res.partner", "search", [[]], { limit: many })) as number[];
  const less: number = await countOf(() => oneByOne(ids.slice(0, few)));
  assert.ok((await countOf(() => oneByOne(ids))) > less);
});
