import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { orderModel } from "@holdfast/app-sales/order";
import { lineModel } from "@holdfast/app-sales/order-line";
import type { Environment } from "@holdfast/framework/model/environment";
import { dispatch } from "@holdfast/framework/remote/dispatch";
import { type CompanyHost, companyHost } from "./company-host.ts";

let host: CompanyHost;
before(async () => {
  host = await companyHost();
});
after(() => host.close());

async function statements(model: string, method: string, args: unknown[], kwargs = {}): Promise<number> {
  const actor = await host.actor("ann");
  const sent = await host.database.statements(() =>
    dispatch(host.tenant.data, actor, { model, method, args, kwargs }),
  );
  return sent.length;
}

test("a list is one statement, whatever it shows", async () => {
  const fields = [
    "name",
    "partner_id",
    "user_id",
    "currency_id",
    "company_id",
    "amount_total",
    "state",
    "order_line",
  ];
  assert.equal(
    await statements("sale.order", "search_read", [[["partner_id.country_id.code", "!=", "LV"]], fields], {
      limit: 80,
    }),
    1,
  );
  assert.equal(await statements("res.partner", "search_read", [[]], { limit: 80 }), 1);
});

test("a form is one statement with all that it shows of its lines and of those whom they are for", async () => {
  const specification = {
    name: {},
    partner_id: { fields: { name: {}, country_id: { fields: { code: {} } } } },
    order_line: { fields: { name: {}, product_id: { fields: { display_name: {} } } }, limit: 40 },
  };
  assert.equal(await statements("sale.order", "web_read", [[1], specification]), 1);
  assert.equal(await statements("sale.order", "web_search_read", [[], specification], { limit: 80 }), 1);
});

test("reading a record, counting, grouping and type-ahead are one statement each", async () => {
  assert.equal(await statements("sale.order", "read", [[1]]), 1);
  assert.equal(await statements("res.partner", "search_count", [[]]), 1);
  assert.equal(await statements("sale.order", "read_group", [[], ["amount_total"], ["state"]]), 1);
  assert.equal(await statements("res.partner", "name_search", ["a"]), 1);
});

test("describing fields and refusing what may not be done ask the database nothing", async () => {
  assert.equal(await statements("sale.order", "fields_get", []), 0);
  assert.equal(await statements("sale.order", "default_get", [["state"]]), 0);
  await assert.rejects(statements("ir.config_parameter", "search", [[]]), { code: "access_denied" });
});

test("a quotation of forty lines costs no more statements than one of two", async () => {
  const lines = (count: number) =>
    Array.from({ length: count }, (_, at) => [0, 0, { product_id: 1 + (at % 5), product_uom_qty: at + 1 }]);
  const partner = (await dispatch(host.tenant.data, await host.actor("ann"), {
    model: "res.partner",
    method: "search",
    args: [[]],
    kwargs: { limit: 1 },
  })) as number[];
  const create = (count: number) =>
    statements("sale.order", "create", [{ partner_id: partner[0], order_line: lines(count) }]);
  const few = await create(5);
  assert.equal(await create(40), few);
});

test("creating and changing records take what the issue allows: computed values are made of the values in hand", async () => {
  const actor = await host.actor("ann");
  const counted = async (model: string, method: string, args: unknown[]) => {
    let result: unknown;
    const sent = await host.database.statements(async () => {
      result = await dispatch(host.tenant.data, actor, { model, method, args, kwargs: {} });
    });
    return { count: sent.length, result };
  };
  // Inside: complete_name, the rule on new values, references, checks, and whether a webhook asks.
  const contact = await counted("res.partner", "create", [{ name: "Oak & Co", country_id: 1 }]);
  assert.equal(contact.count, 1);
  // One more: the name of the organization, which is part of the person's.
  const person = await counted("res.partner", "create", [{ name: "Eve", parent_id: contact.result }]);
  assert.equal(person.count, 2);
  assert.equal((await counted("res.partner", "write", [[person.result], { city: "Riga" }])).count, 1);
  // Inside: complete_name, and whether anybody works there.
  assert.equal((await counted("res.partner", "write", [[person.result], { name: "Eva" }])).count, 2);
  const order_line = Array.from({ length: 40 }, (_, at) => [0, 0, { product_id: 1 + (at % 5) }]);
  // The number (1), currency and digits of the company (1), the order (1), words, prices, units and taxes of products
  // (1), the lines (1) and their taxes (1), the sums of the order (1), and the rule of lines, which looks at their
  // order (1).
  const order = await counted("sale.order", "create", [{ partner_id: contact.result, order_line }]);
  assert.equal(order.count, 8);
  assert.equal((await counted("sale.order", "write", [[order.result], { note: "Soon" }])).count, 1);
  const ids = (await counted("sale.order.line", "search", [[["order_id", "=", order.result]]]))
    .result as number[];
  // The line (1), its terms with digits and taxes (1), its amounts (1), the order's lines (1), its sums (1), the rule (1).
  const change = { product_uom_qty: 7 };
  assert.equal((await counted("sale.order.line", "write", [[ids[0]], change])).count, 6);
  // Two more: the order itself, and whether the line is its own.
  const command = { order_line: [[1, ids[1], change]] };
  assert.equal((await counted("sale.order", "write", [[order.result], command])).count, 8);
});

test("amounts are right for our own code too, whose changes are asked for no rule", async () => {
  const { data } = host.tenant;
  const line = { product_id: 1, name: "Table", price_unit: "19.99", product_uom_qty: "3", discount: "10" };
  const read = async (env: Environment, id: number) => {
    const [order] = await env.of(orderModel).read([id], ["amount_untaxed", "order_line"]);
    const [own] = await env.of(lineModel).read(order?.order_line ?? [], ["price_unit", "price_subtotal"]);
    return [own?.price_unit, own?.price_subtotal, order?.amount_untaxed];
  };
  await data.writing(host.database.system(), async (env) => {
    const [partner_id = 0] = await env.model("res.partner").search([], { limit: 1 });
    const values = { partner_id, company_id: 1, order_line: [[0, 0, line] as const] };
    const [id = 0] = await env.of(orderModel).create([values]);
    assert.deepEqual(await read(env, id), ["19.99", "53.97", "53.97"]);
    const ids = await env.of(lineModel).search([["order_id", "=", id]]);
    await env.of(lineModel).write(ids, { discount: "50" });
    assert.deepEqual(await read(env, id), ["19.99", "29.99", "29.99"]);
  });
});

test("what was computed beforehand is what the database computes again", async () => {
  const call = async (model: string, method: string, args: unknown[]) =>
    dispatch(host.tenant.data, await host.actor("ann"), { model, method, args, kwargs: {} });
  const [partner] = (await call("res.partner", "search", [[]])) as number[];
  const order_line = [1, 2, 3, 4, 5].map((product_id) => [
    0,
    0,
    { product_id, product_uom_qty: 3, discount: 10 },
  ]);
  const id = await call("sale.order", "create", [{ partner_id: partner, order_line }]);
  const fields = [
    "name",
    "currency_id",
    "price_unit",
    "price_subtotal",
    "price_tax",
    "price_total",
    "tax_id",
  ];
  const lines = () => call("sale.order.line", "search_read", [[["order_id", "=", id]], fields]);
  const totals = () => call("sale.order", "read", [[id], ["amount_untaxed", "amount_tax", "amount_total"]]);
  const before = [await lines(), await totals()];
  assert.ok((before[0] as { tax_id: unknown[] }[]).some(({ tax_id }) => tax_id.length > 0));
  const ids = (before[0] as { id: number }[]).map((line) => line.id);
  // Twice another quantity, so that all is computed from what is stored.
  await call("sale.order.line", "write", [ids, { product_uom_qty: 4 }]);
  assert.notDeepEqual([await lines(), await totals()], before);
  await call("sale.order.line", "write", [ids, { product_uom_qty: 3 }]);
  assert.deepEqual([await lines(), await totals()], before);
});

test("a key in the arguments of a call is asked with its first statement, and a revoked one is refused at once", async () => {
  const [uid, key] = [await host.userId("ann"), await host.key("ann")];
  const call = async () => {
    const args = [host.tenant.name, uid, key, "res.country", "search_read", [[], ["code"]], { limit: 2 }];
    const params = { service: "object", method: "execute_kw", args };
    const answer = await fetch(`${host.url}/jsonrpc`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "call", params }),
    });
    return (await answer.json()) as { readonly result?: unknown[]; readonly error?: object };
  };
  // The first notes that the key is used, which is another state of it; the second is found out as a whole once more.
  await call();
  await call();
  const sent = await host.database.statements(async () => assert.equal((await call()).result?.length, 2));
  assert.deepEqual(
    sent.map((text) => /^SELECT "now"|res_users_apikeys|res_country/.exec(text)?.[0]),
    ['SELECT "now"', "res_country"],
  );
  const { data } = host.tenant;
  await data.writing(host.database.system(), async (env) => {
    const ids = await env.model("res.users.apikeys").search([]);
    await env.model("res.users.apikeys").write(ids, { revoked: true });
  });
  const refused = await call();
  assert.ok(refused.error !== undefined && refused.result === undefined);
});
