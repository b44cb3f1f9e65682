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
    // @ts-expect-error a secret is no field
    await company.model("sale.order").read([1], ["access_token"]);
  };
  assert.equal(typeof never, "function");
});
