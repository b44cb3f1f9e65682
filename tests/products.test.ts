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
