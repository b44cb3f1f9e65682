import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { type Client, connect } from "@holdfast/client/client";
import type { CompanyModels } from "./client-models.ts";
import { clientModels } from "./client-models-of.ts";
import { type CompanyHost, companyHost } from "./company-host.ts";

let host: CompanyHost;
let company: Client<CompanyModels>;
before(async () => {
  host = await companyHost();
  company = connect<CompanyModels>({ url: host.url, key: await host.key("ann") });
});
after(() => host.close());

test("the types are those of the models as this key sees them", async () => {
  const made = (await clientModels(host)).replace(/\s+/g, " ");
  const golden = readFileSync(new URL("client-models.ts", import.meta.url), "utf8").replace(/\s+/g, " ");
  assert.equal(
    made.replace(/[ (),;|]/g, ""),
    golden.replace(/[ (),;|]/g, ""),
    "node tests/print-client-models.ts > tests/client-models.ts",
  );
});

test("create, find, change, delete, and call a method of the model", async () => {
  const partners = company.model("res.partner");
  const id = await partners.create({ name: "Typed & true", city: "Rīga" });
  const [found] = await partners.searchRead([["name", "ilike", "typed"]], ["name", "city", "parent_id"]);
  const name: string = found!.name;
  const parent: readonly [number, string] | false = found!.parent_id;
  assert.deepEqual([name, found?.city, parent], ["Typed & true", "Rīga", false]);
  await partners.write([id], { city: "Liepāja" }, { city: "Rīga" });
  await assert.rejects(partners.write([id], { city: "Cēsis" }, { city: "Rīga" }), {
    name: "ApiFailure",
    status: 409,
    about: {
      model: "res.partner",
      fields: ["city"],
      changed: [{ id, field: "city", now: "Liepāja", seen: "Rīga" }],
    },
  });
  const orders = company.model("sale.order");
  const order = await orders.create({
    partner_id: id,
    order_line: [[0, 0, { name: "Plan", price_unit: 10 }]],
  });
  await orders
    .call("action_quotation_send", { ids: [order] })
    .catch((error: Error) => assert.match(error.message, /mail|address/i));
  await orders.unlink([order]);
  await partners.unlink([id]);
  await assert.rejects(partners.read([id], ["name"]), { status: 404 });
});

test("a form is read in one request, typed as deep as it is selected", async () => {
  const [partner] = await company.model("res.partner").search([], { limit: 1 });
  const orders = company.model("sale.order");
  const order_line = [[0, 0, { name: "Oak", price_unit: 10 }] as const, [0, 0, { name: "Ash" }] as const];
  const id = await orders.create({ partner_id: partner!, order_line });
  const [row] = await orders.webRead([id], {
    name: {},
    currency_id: {},
    partner_id: { fields: { name: {}, parent_id: { fields: { name: {} } }, category_id: {} } },
    order_line: { fields: { name: {}, price_subtotal: {}, order_id: { fields: { state: {} } } }, limit: 40 },
  });
  const customer = row?.partner_id;
  const name: string = customer ? customer.name : "";
  const tags: readonly number[] = customer ? customer.category_id : [];
  const currency: number | false | undefined = row?.currency_id;
  const firstOf: string | false | undefined = row?.order_line[0]?.name;
  const state: "draft" | "sent" | "sale" | "cancel" | undefined = row?.order_line[0]?.order_id
    ? row.order_line[0].order_id.state
    : undefined;
  assert.deepEqual([firstOf, state, row?.order_line.length, tags.length >= 0], ["Oak", "draft", 2, true]);
  assert.ok(name.length > 0 && typeof currency === "number");
  const found = await orders.webSearchRead([["id", "=", id]], { order_line: { fields: { name: {} } } });
  assert.deepEqual([found.length, found.records[0]?.order_line.length], [1, 2]);
});

test("all records come page after page, each once; a create that was answered into the void is made once", async () => {
  const partners = company.model("res.partner");
  const made = await partners.createMany(Array.from({ length: 25 }, (_, at) => ({ name: `Paged ${at}` })));
  const seen: number[] = [];
  for await (const { id } of partners.all(["|", ["name", "=like", "Paged %"], ["id", "=", 0]], ["name"], 10))
    seen.push(id);
  assert.deepEqual(seen, made);
  let calls = 0;
  const flaky = connect<CompanyModels>({
    url: host.url,
    key: await host.key("ann"),
    fetch: async (...given) => {
      const answer = await fetch(...given);
      calls += 1;
      if (calls === 1) throw new TypeError("the answer was lost");
      return answer;
    },
  });
  const id = await flaky.model("res.partner").create({ name: "Once through" });
  assert.equal(calls, 2);
  assert.deepEqual(await partners.search([["name", "=", "Once through"]]), [id]);
});

test("what does not fit the model does not compile", () => {
  const never = async () => {
    const partners = company.model("res.partner");
    // @ts-expect-error there is no such model
    company.model("res.parnter");
    // @ts-expect-error there is no such field
    await partners.searchRead([], ["nmae"]);
    // @ts-expect-error a flag is not compared by likeness
    await partners.search([["active", "ilike", true]]);
    // @ts-expect-error a name is no number
    await partners.search([["name", "=", 5]]);
    // @ts-expect-error a name is needed
    await partners.create({ city: "Riga" });
    // @ts-expect-error a total is kept by the software
    await company.model("sale.order").write([1], { amount_total: 5 });
    // @ts-expect-error no such state
    await company.model("sale.order").search([["state", "=", "done"]]);
    // @ts-expect-error a method on records takes ids
    await company.model("sale.order").call("action_confirm", {});
    const orders = company.model("sale.order");
    // @ts-expect-error there is no such field
    await orders.webRead([1], { nmae: {} });
    // @ts-expect-error there is none behind the relation either
    await orders.webRead([1], { order_line: { fields: { nmae: {} } } });
    // @ts-expect-error nor two relations away
    await orders.webRead([1], { order_line: { fields: { order_id: { fields: { nmae: {} } } } } });
    // @ts-expect-error a text has nothing behind it
    await orders.webRead([1], { name: { fields: { name: {} } } });
    // @ts-expect-error what this key does not see cannot be selected
    await orders.webRead([1], { company_id: { fields: { name: {} } } });
    // @ts-expect-error one record is not paged
    await orders.webRead([1], { partner_id: { fields: { name: {} }, limit: 1 } });
    const [row] = await orders.webRead([1], { partner_id: { fields: { name: {} } }, order_line: {} });
    // @ts-expect-error it may not be set, or hidden
    row?.partner_id.name;
    // @ts-expect-error what was not selected is not there
    row?.amount_total;
    // @ts-expect-error bare lines are ids
    row?.order_line[0]?.name;
    // @ts-expect-error a secret is no field
    await company.model("sale.order").read([1], ["access_token"]);
  };
  assert.equal(typeof never, "function");
});
