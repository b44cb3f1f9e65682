import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Model } from "@holdfast/framework/model/model";
import { dispatch } from "@holdfast/framework/remote/dispatch";
import { standardMethod } from "@holdfast/framework/remote/standard-methods";
import { administrator, callAllowed, callAs } from "./as-administrator.ts";
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
import { RowMaker } from "./made-rows.ts";

const [few, many] = [2, 12];
const skipped = new Set<string>();
let host: CompanyHost;
let maker: RowMaker;
let serial = 0;
before(async () => {
  host = await companyHost();
  maker = new RowMaker(host);
});
after(() => host.close());

const models = () => [...host.database.registry.models.values()];
const system = () => host.database.system();
const call = (model: string, method: string, args: unknown[], kwargs = {}) =>
  dispatch(host.database.data, system(), { model, method, args, kwargs });
const countOf = async (work: () => Promise<unknown>) => (await host.database.statements(work)).length;

const rowsOf = (model: Model, ids: readonly number[]): Rows => ({
  registry: host.database.registry,
  model,
  ids,
  anchor: () => 1,
  async read(field) {
    const rows = host.database.data.reading(system()).of(model);
    const [row] = await rows.read(ids.slice(0, 1), [field as never]);
    return (row as Readonly<Record<string, unknown>> | undefined)?.[field];
  },
  fresh: (maxLength) => maker.fresh(maxLength),
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
    const [some, others] = [await maker.make(model, few), await maker.make(model, many)];
    if (some === null || others === null) {
      skipped.add(model.name);
      continue;
    }
    for (const [verb, argumentsFor] of standard) {
      const method = standardMethod(model, verb);
      if (method === undefined) continue;
      const outcome = async (ids: number[]) => {
        const given = argumentsFor(rowsOf(model, ids));
        if (given === null) return 0;
        const actor = await administrator(host);
        return countOf(() => callAllowed(host, actor, { model: model.name, method: verb, ...given }));
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

/** In which state a method takes its records. */
const beforehand: Readonly<Record<string, (ids: readonly number[]) => Promise<unknown>>> = {
  "sale.order.action_draft": async (ids) => asAdmin("sale.order", "action_cancel", [ids]),
};

const asAdmin = async (model: string, method: string, args: readonly unknown[], kwargs = {}) =>
  callAs(host, await administrator(host), { model, method, args, kwargs });

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
        (await argumentsOf(full, name)?.(rowsOf(model, ids))) ?? {};
      const actor = await administrator(host);
      const ask = { model: model.name, method: name, args, ...(kwargs && { kwargs }) };
      counts.push(await countOf(() => callAs(host, actor, ask)));
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
  const ids = await maker.make(model, count);
  return (
    ids ?? assert.fail(`no records of ${model.name} to call its methods on: say in "wanted" what they need`)
  );
}

test("changing what lets many people in sends no more statements for more of them, each in the log", async () => {
  const users = host.database.registry.model("res.users");
  const change = async (count: number) => {
    const ids = await madeFor(users, count);
    const actor = await administrator(host);
    const ask = { model: "res.users", method: "write", args: [ids, { active: false }] };
    return countOf(() => callAs(host, actor, ask));
  };
  const less: number = await change(few);
  assert.equal(await change(many), less);
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
  // Each owner links one of its own.
  const linkedBy: number[] = [];
  for (const count of [few, many]) {
    const values = Array.from({ length: count }, () => ({ name: `Linked ${++serial}` }));
    const others = (await call("res.partner", "create", [values])) as number[];
    const owners = others.map((id) => ({ name: `Owner ${++serial}`, child_ids: [[4, id]] }));
    linkedBy.push(await countOf(() => call("res.partner", "create", [owners])));
  }
  assert.ok((linkedBy[1] ?? 0) <= (linkedBy[0] ?? 0), `linked by many: ${linkedBy.join(" and ")}`);
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
    for (const count of [few, many]) counts.push(await countOf(() => maker.make(model, count)));
    const [less = 0, more = 0] = counts;
    assert.ok(more <= less, `${model.name}: ${counts.join(" ")}`);
  }
});

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
