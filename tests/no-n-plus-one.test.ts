import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Environment } from "@holdfast/framework/model/environment";
import type { Field } from "@holdfast/framework/model/field";
import type { Model } from "@holdfast/framework/model/model";
import { dispatch } from "@holdfast/framework/remote/dispatch";
import { ExpectedError } from "@holdfast/kernel/errors";
import { type CompanyHost, companyHost } from "./company-host.ts";

const [few, many] = [2, 12];
const skipped = new Set<string>();
let host: CompanyHost;
let serial = 0;
before(async () => {
  host = await companyHost();
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
      return `n${serial}`.slice(0, field.maxLength);
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
  try {
    return await host.database.data.writing(system(), async (env) => {
      const rows = await Promise.all(Array.from({ length: count }, () => valuesFor(env, model)));
      return rows.includes(null) ? null : env.of(model).create(rows as never[]);
    });
  } catch (error) {
    if (error instanceof ExpectedError) return null;
    throw error;
  }
}

test("no verb sends more statements for more rows, on any model", async (context) => {
  for (const model of models()) {
    const [some, others] = [await made(model, few), await made(model, many)];
    if (some === null || others === null) {
      skipped.add(model.name);
      continue;
    }
    const fields = Object.keys(model.fields).filter((name) => model.fields[name]?.secret !== true);
    const texts = fields.filter((name) =>
      ["text", "longText", "boolean"].includes(model.fields[name]?.kind ?? ""),
    );
    const verbs: Readonly<Record<string, (ids: number[]) => Promise<unknown>>> = {
      read: (ids) => call(model.name, "read", [ids, fields]),
      web_read: (ids) => call(model.name, "web_read", [ids], { specification: nested(model) }),
      web_search_read: (ids) =>
        call(model.name, "web_search_read", [], {
          domain: [["id", "in", ids]],
          specification: nested(model),
          limit: 80,
        }),
      search: (ids) => call(model.name, "search", [[["id", "in", ids]]]),
      search_count: (ids) => call(model.name, "search_count", [[["id", "in", ids]]]),
      exists: (ids) => call(model.name, "exists", [ids]),
      formatted_read_group: (ids) =>
        call(model.name, "formatted_read_group", [[["id", "in", ids]]], {
          groupby: ["create_uid"],
          aggregates: ["__count"],
        }),
      copy: (ids) => call(model.name, "copy", [ids]),
      message_post: (ids) =>
        model.methods?.["message_post"] === undefined
          ? Promise.resolve()
          : call(model.name, "message_post", [ids], { body: "a note" }),
      list: (ids) => call(model.name, "search_read", [[["id", "in", ids]], fields]),
      export: (ids) => call(model.name, "export_data", [ids, fields]),
      group: (ids) => call(model.name, "read_group", [[["id", "in", ids]], [], ["create_uid"]]),
      "name search": (ids) => call(model.name, "name_search", [], { args: [["id", "in", ids]] }),
      write: (ids) =>
        call(model.name, "write", [
          ids,
          Object.fromEntries(texts.slice(0, 1).map((name) => [name, changedValue(model, name)])),
        ]),
      unlink: (ids) => call(model.name, "unlink", [ids]),
    };
    for (const [verb, run] of Object.entries(verbs)) {
      if (verb === "write" && (texts.length === 0 || model.fields[texts[0] as string]?.unique)) continue;
      const outcome = async (ids: number[]) =>
        countOf(() =>
          run(ids).catch((error: unknown) => assert.ok(error instanceof ExpectedError, String(error))),
        );
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

/** What is behind each relation as well: two deep. */
function nested(model: Model): Record<string, unknown> {
  const plain = (of: Model) => Object.entries(of.fields).filter(([, field]) => field.secret !== true);
  return Object.fromEntries(
    plain(model).map(([name, { target }]) => {
      const behind = target === undefined ? undefined : host.database.registry.models.get(target);
      if (behind === undefined) return [name, {}];
      return [
        name,
        {
          fields: Object.fromEntries(
            plain(behind)
              .slice(0, 8)
              .map(([inner]) => [inner, {}]),
          ),
        },
      ];
    }),
  );
}

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

function changedValue(model: Model, name: string): unknown {
  return model.fields[name]?.kind === "boolean"
    ? true
    : `changed ${++serial}`.replace(" ", "").slice(0, model.fields[name]?.maxLength);
}

test("creating more rows at once sends no more statements", async () => {
  for (const model of models().filter((one) => !skipped.has(one.name))) {
    const counts: number[] = [];
    for (const count of [few, many]) {
      const sent = await countOf(async () => {
        await host.database.data.writing(system(), async (env) => {
          const rows = await Promise.all(Array.from({ length: count }, () => valuesFor(env, model)));
          counts.push(-(await lookups(model)) * count);
          await env.of(model).create(rows as never[]);
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
