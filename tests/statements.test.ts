import assert from "node:assert/strict";
import { after, before, test } from "node:test";
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
