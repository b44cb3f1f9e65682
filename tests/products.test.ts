import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { dispatch } from "@holdfast/framework/remote/dispatch";
import { type CompanyHost, companyHost } from "./company-host.ts";

let host: CompanyHost;
before(async () => {
  host = await companyHost();
});
after(() => host.close());

const call = async (login: string, model: string, method: string, args: unknown[], kwargs = {}) =>
  JSON.parse(
    JSON.stringify(
      await dispatch(host.tenant.data, await host.actor(login), { model, method, args, kwargs }),
    ),
  );

test("a product is made with its variant, through the one or the other, and both say the same", async () => {
  const template = await call("bo", "product.template", "create", [{ name: "Stool", list_price: 75 }]);
  const [variant] = await call("bo", "product.product", "search_read", [
    [["product_tmpl_id", "=", template]],
    ["name", "list_price"],
  ]);
  assert.deepEqual([variant.name, variant.list_price], ["Stool", 75]);
  const other = await call("bo", "product.product", "create", [
    { name: "Mirror", list_price: 120, default_code: "M-1" },
  ]);
  assert.equal(await call("bo", "product.product", "write", [[other], { list_price: 99 }]), true);
  const [mirror] = await call("bo", "product.template", "search_read", [
    [["default_code", "=", "M-1"]],
    ["name", "list_price", "product_variant_id"],
  ]);
  assert.deepEqual(
    [mirror.name, mirror.list_price, mirror.product_variant_id],
    ["Mirror", 99, [other, "Mirror"]],
  );
  assert.deepEqual(await call("bo", "product.product", "name_create", ["Rug"]), [other + 1, "Rug"]);
});

test("a line follows its product; what is written on it stays", async () => {
  const [chair] = await call("ann", "product.product", "search", [[["default_code", "=", "HP-CHA-010"]]]);
  const [table] = await call("ann", "product.product", "search", [[["default_code", "=", "HP-TAB-160"]]]);
  const [partner] = await call("ann", "res.partner", "search", [[["name", "=", "Cy Andersen"]]]);
  const order = await call("ann", "sale.order", "create", [
    {
      partner_id: partner,
      order_line: [
        [0, 0, { product_id: chair }],
        [0, 0, { product_id: chair, price_unit: 150 }],
      ],
    },
  ]);
  const lines = () =>
    call("ann", "sale.order.line", "search_read", [
      [["order_id", "=", order]],
      ["id", "price_unit", "tax_id"],
    ]);
  const [first, second] = await lines();
  assert.deepEqual([first.price_unit, first.tax_id.length, second.price_unit], [189, 1, 150]);
  await call("ann", "sale.order.line", "write", [[first.id], { product_id: table }]);
  await call("ann", "sale.order.line", "write", [[second.id], { tax_id: [[5]] }]);
  const [moved, untaxed] = await lines();
  assert.deepEqual([moved.price_unit, untaxed.price_unit, untaxed.tax_id], [980, 150, []]);
  const [total] = await call("ann", "sale.order", "read", [[order], ["amount_total", "amount_tax"]]);
  assert.deepEqual([total.amount_tax, total.amount_total], [205.8, 1335.8]);
});

test("a read of nothing but ids gives ids", async () => {
  assert.deepEqual(await call("ann", "res.country", "search_read", [[["code", "=", "LV"]], ["id"]]), [
    { id: (await call("ann", "res.country", "search", [[["code", "=", "LV"]]]))[0] },
  ]);
});

test("what costs us is not there for salespeople, in any way of asking", async () => {
  for (const [method, args] of [
    ["search_read", [[], ["standard_price"]]],
    ["search", [[["standard_price", ">", 100]]]],
    ["search", [[], 0, 10, "standard_price"]],
    ["read_group", [[], ["standard_price"], ["type"]]],
  ] as const)
    await assert.rejects(call("ann", "product.template", method, [...args]), /has no field|no field/, method);
  await assert.rejects(
    call("ann", "product.template", "export_data", [[1], ["standard_price"]]),
    /may not export/,
  );
  assert.equal((await call("ann", "product.template", "fields_get", [])).standard_price, undefined);
  assert.ok((await call("bo", "product.template", "search_read", [[], ["standard_price"]])).length > 0);
});

test("amounts have the digits of their own currency: none in yen, three in dinars, wherever they are written", async () => {
  const env = { actor: host.database.system() };
  const write = <T>(work: Parameters<typeof host.database.data.writing<T>>[1]) =>
    host.database.data.writing(env.actor, work);
  const [yen, dinar, euro] = await write(async (system) => {
    const made: number[] = [];
    for (const code of ["JPY", "TND", "EUR"]) {
      const [currency_id] = await system
        .model("res.currency")
        .search([["name", "=", code]], { activeOnly: false });
      made.push(
        ...(await system.model("res.company").create([{ name: `In ${code}`, currency_id } as never])),
      );
    }
    return made;
  });
  const templates = await write((system) =>
    system.model("product.template").create(
      [yen, dinar, euro].map((company_id) => ({
        name: "Tea",
        list_price: "1.2345",
        company_id,
      })) as never[],
    ),
  );
  const prices = async (model: string) => {
    const rows = await host.database.data
      .reading(env.actor)
      .model(model)
      .searchRead([["name", "=", "Tea"]], ["list_price"] as never[], { order: "id" });
    return rows.map((row) => (row as unknown as { list_price: string }).list_price);
  };
  assert.deepEqual(await prices("product.template"), ["1", "1.235", "1.23"]);
  assert.deepEqual(await prices("product.product"), ["1", "1.235", "1.23"]);
  await write((system) => system.model("product.template").write(templates, { list_price: "2.5" } as never));
  assert.deepEqual(await prices("product.template"), ["3", "2.500", "2.50"]);
  await write((system) =>
    system.model("product.template").write(templates.slice(1), { list_price: "1.00499999" } as never),
  );
  assert.deepEqual(await prices("product.template"), ["3", "1.005", "1.00"], "rounded once, not twice");
  // The currency follows the company, and the amount the currency.
  await write((system) =>
    system.model("product.template").write([templates[1] as number], { company_id: yen } as never),
  );
  assert.deepEqual(await prices("product.template"), ["3", "1", "1.00"]);
});

test("a quotation in dinars adds up to the mill, and its price is what is shown", async () => {
  const [order] = await host.database.data.writing(host.database.system(), async (env) => {
    const [currency_id] = await env
      .model("res.currency")
      .search([["name", "=", "TND"]], { activeOnly: false });
    const [company_id] = await env.model("res.company").create([{ name: "Tunis", currency_id } as never]);
    const [partner_id] = await env.model("res.partner").search([], { limit: 1 });
    const order_line = [
      [0, 0, { name: "Tea", product_uom_qty: "3", price_unit: "1.2345" }],
      [0, 0, { name: "Mint", product_uom_qty: "10", price_unit: 0.0004 }],
    ];
    return env.model("sale.order").create([{ company_id, partner_id, order_line } as never]);
  });
  const read = host.database.data.reading(host.database.system());
  const lines = await read
    .model("sale.order.line")
    .searchRead([["order_id", "=", order as number]], ["price_unit", "price_subtotal"] as never[]);
  assert.deepEqual(
    lines.map(({ id: _id, ...row }) => row),
    [
      { price_unit: "1.235", price_subtotal: "3.705" },
      { price_unit: "0.000", price_subtotal: "0.000" },
    ],
  );
  const [total] = await read.model("sale.order").read([order as number], ["amount_total"] as never[]);
  assert.deepEqual(total, { id: order, amount_total: "3.705" });
});

test("sums of several currencies are each told by themselves, with the digits of their own", async () => {
  await host.database.data.writing(host.database.system(), async (env) => {
    const companies = await env.model("res.company").search([["name", "=like", "In %"]]);
    const coffee = (company_id: number) => ({ name: "Coffee", list_price: "1.2345", company_id });
    await env.model("product.template").create([...companies, ...companies].map(coffee) as never[]);
  });
  const groups = async (method: string, kwargs: Record<string, unknown>) => {
    const call = { model: "product.template", method, args: [[["name", "=", "Coffee"]]], kwargs };
    return JSON.parse(JSON.stringify(await dispatch(host.database.data, host.database.system(), call)));
  };
  const [all] = await groups("formatted_read_group", { groupby: [], aggregates: ["list_price:by_currency"] });
  const sums = all["list_price:by_currency"].map((one: { currency: [number, string]; sum: number }) => [
    one.currency[1],
    one.sum,
  ]);
  assert.deepEqual(sums.toSorted(), [
    ["EUR", 2.46],
    ["JPY", 2],
    ["TND", 2.47],
  ]);
  const byName = await groups("read_group", { fields: ["list_price:by_currency"], groupby: ["name"] });
  assert.deepEqual([byName.length, byName[0].list_price.length, byName[0].__count], [1, 3, 6]);
  for (const wrong of ["name:by_currency", "list_price:by_currency:x", "standard_price:by_nothing"])
    await assert.rejects(
      groups("formatted_read_group", { groupby: [], aggregates: [wrong] }),
      /cannot be aggregated by/,
    );
  await assert.rejects(
    groups("formatted_read_group", {
      groupby: ["name"],
      aggregates: ["list_price:by_currency"],
      order: "list_price:by_currency",
    }),
    /cannot be sorted by/,
  );
});
