import { currencyModel } from "@holdfast/app-base/currency";
import { productModel, templateModel } from "@holdfast/app-products/product";
import { taxModel } from "@holdfast/app-products/tax";
import { Decimal } from "@holdfast/framework/model/decimal";
import type { Environment } from "@holdfast/framework/model/environment";
import { decimal, integer, longText, many2many, many2one, money } from "@holdfast/framework/model/field";
import { type Compute, defineModel, isNewRecord, type Row } from "@holdfast/framework/model/model";
import { nested } from "@holdfast/framework/model/selection";
import { digitsWithoutCurrency, lineAmounts } from "./amounts.ts";

const computedAmount = { currencyField: "currency_id", readonly: true } as const;

/** One line of a quotation. What is left out of words, price and unit is taken from the product. */
export const lineModel = defineModel({
  name: "sale.order.line",
  label: "Quotation line",
  displayName: "name",
  order: "order_id, sequence, id",
  fields: {
    order_id: many2one("sale.order", {
      label: "Quotation",
      required: true,
      index: true,
      onDelete: "cascade",
    }),
    sequence: integer({ label: "Position", required: true, default: 10 }),
    product_id: many2one("product.product", { label: "Product", index: true, onDelete: "restrict" }),
    name: longText({ label: "Description" }),
    product_uom_qty: decimal({ label: "Quantity", required: true, scale: 3, default: "1.000" }),
    product_uom: many2one("uom.uom", { label: "Unit", onDelete: "restrict" }),
    price_unit: money({ label: "Unit price", currencyField: "currency_id" }),
    discount: decimal({ label: "Discount %", required: true, scale: 2, default: "0.00" }),
    tax_id: many2many("account.tax", { label: "Taxes" }),
    currency_id: many2one("res.currency", { label: "Currency", readonly: true, onDelete: "restrict" }),
    price_subtotal: money({ label: "Net", ...computedAmount }),
    price_tax: money({ label: "Tax", ...computedAmount }),
    price_total: money({ label: "Total", ...computedAmount }),
  },
  computes: [
    {
      fields: ["name", "price_unit", "product_uom"],
      dependsOn: ["product_id"],
      beforehand: true,
      run: fromProduct,
    },
    { fields: ["currency_id"], dependsOn: ["order_id.currency_id"], beforehand: true, run: fromOrder },
    {
      fields: ["price_subtotal", "price_tax", "price_total"],
      dependsOn: ["product_uom_qty", "price_unit", "discount", "tax_id", "currency_id"],
      beforehand: true,
      run: amounts,
    },
  ],
  checks: [
    {
      fields: ["discount"],
      violation: ({ discount }) =>
        Number(discount) >= 0 && Number(discount) <= 100
          ? undefined
          : `The discount is ${discount} %: it must lie between 0 and 100.`,
    },
  ],
});

/** What a change gives by name stays as given; the rest follows the product, now and when it changes. */
async function fromProduct(env: Environment, ids: readonly number[]): ReturnType<Compute["run"]> {
  const lines = await env.of(lineModel).read(ids, ["product_id", "tax_id"]);
  const productIds = [
    ...new Set(lines.flatMap((line) => (line.product_id === null ? [] : [line.product_id.id]))),
  ];
  const products = await productWords(env, productIds);
  const stored = lines.filter((line) => !isNewRecord(line.id));
  await addTaxes(env, stored, products);
  return new Map(
    lines.flatMap((line) => {
      const product = line.product_id === null ? undefined : products.get(line.product_id.id);
      if (product === undefined) return [];
      const { words, price, unit, taxes } = product;
      const values = { name: words, price_unit: price ?? "0.00", product_uom: unit };
      return [[line.id, isNewRecord(line.id) ? { ...values, tax_id: taxes.map((id) => [4, id]) } : values]];
    }),
  );
}

interface ProductWords {
  readonly words: string;
  readonly price: string | null;
  readonly unit: number | null;
  readonly taxes: readonly number[];
}

/** A line without any tax takes those of its product; whoever wants none takes them off afterwards. */
async function addTaxes(
  env: Environment,
  lines: readonly Row<typeof lineModel, "product_id" | "tax_id">[],
  products: ReadonlyMap<number, ProductWords>,
): Promise<void> {
  const changes = lines.flatMap((line) => {
    const taxes = line.tax_id.length > 0 ? [] : (products.get(line.product_id?.id ?? 0)?.taxes ?? []);
    return taxes.length === 0 ? [] : [{ id: line.id, values: { tax_id: [[6, 0, taxes] as const] } }];
  });
  await env.of(lineModel).writeEach(changes);
}

async function productWords(env: Environment, ids: readonly number[]): Promise<Map<number, ProductWords>> {
  const products = await inParts(ids, (part) =>
    env.of(productModel).readNested(part, {
      name: true,
      list_price: true,
      uom_id: true,
      // What taxes come to is asked for by the amounts: it is in hand then.
      product_tmpl_id: nested(templateModel, {
        description_sale: true,
        taxes_id: nested(taxModel, { amount: true }),
      }),
    }),
  );
  return new Map(
    products.map(({ id, name, list_price, uom_id, product_tmpl_id: template }) => {
      const more = template?.description_sale;
      const words = more ? `${name}\n${more}` : (name ?? "");
      const taxes = template?.taxes_id.map((tax) => tax.id) ?? [];
      return [id, { words, price: list_price, unit: uom_id?.id ?? null, taxes }];
    }),
  );
}

/** With the digits of the currency, for the amounts. */
async function fromOrder(env: Environment, ids: readonly number[]): ReturnType<Compute["run"]> {
  const lines = await env.of(lineModel).read(ids, ["order_id"]);
  const orderIds = [...new Set(lines.map((line) => line.order_id.id))];
  const orders = (await env.model("sale.order").readNested(orderIds, {
    currency_id: nested(currencyModel, { decimal_places: true }),
  } as never)) as unknown as readonly {
    readonly id: number;
    readonly currency_id: { readonly id: number } | null;
  }[];
  const currencyOf = new Map(orders.map((order) => [order.id, order.currency_id?.id ?? null]));
  return new Map(lines.map((line) => [line.id, { currency_id: currencyOf.get(line.order_id.id) ?? null }]));
}

async function amounts(env: Environment, ids: readonly number[]): ReturnType<Compute["run"]> {
  const lines = await inParts(ids, (part) =>
    env.of(lineModel).readNested(part, {
      product_uom_qty: true,
      price_unit: true,
      discount: true,
      currency_id: nested(currencyModel, { decimal_places: true }),
      tax_id: nested(taxModel, { amount: true }),
    }),
  );
  return new Map(
    lines.map((line) => {
      const digits = line.currency_id?.decimal_places ?? digitsWithoutCurrency;
      // A new line's price is rounded when it is stored; what it comes to must be of that price.
      const price = Decimal.of(line.price_unit ?? "0").round(digits, "half-up");
      const { untaxed, tax, total } = lineAmounts(
        {
          quantity: line.product_uom_qty,
          unitPrice: price.toString(),
          discount: line.discount,
          taxes: line.tax_id.map(({ amount }) => amount),
        },
        digits,
      );
      return [line.id, { price_subtotal: untaxed, price_tax: tax, price_total: total }];
    }),
  );
}

/** Lines or products that one statement reads with their taxes: each may have a hundred then. */
const readAtOnce = 500;

async function inParts<T>(
  ids: readonly number[],
  read: (part: readonly number[]) => Promise<T[]>,
): Promise<T[]> {
  const found: T[] = [];
  for (let at = 0; at < ids.length; at += readAtOnce)
    found.push(...(await read(ids.slice(at, at + readAtOnce))));
  return found;
}

declare module "@holdfast/framework/model/domain-type" {
  interface ModelTypes {
    readonly "sale.order.line": typeof lineModel;
  }
}
