import type { Environment } from "@holdfast/framework/model/environment";

// biome-ignore lint/suspicious/noExplicitAny: rows of any model
export type Any = any;

/** What all quotations of a run have in common. */
export interface World {
  readonly companies: readonly number[];
  readonly currencies: readonly number[];
  readonly taxes: readonly number[];
  readonly products: readonly number[];
  readonly partner: number;
}

/** Currencies of three kinds, companies in each, products with their taxes. */
export async function quotationWorld(env: Environment): Promise<World> {
  const made = (model: string, values: readonly object[]) => env.model(model).create(values as never);
  const currencies = await made(
    "res.currency",
    [0, 2, 3].map((digits) => ({
      name: `X${digits}X`,
      full_name: `X${digits}`,
      symbol: "x",
      decimal_places: digits,
    })),
  );
  const companies = await made(
    "res.company",
    currencies.map((currency_id) => ({ name: `Of ${currency_id}`, currency_id })),
  );
  const [partner = 0] = await made("res.partner", [{ name: "Customer" }]);
  const taxes = await made(
    "account.tax",
    [7, 21, 5.5, 0].map((amount) => ({
      name: `T${amount}`,
      amount: String(amount),
      active: amount !== 5.5,
    })),
  );
  const templates = await made(
    "product.template",
    [0, 1, 2, 3].map((n) => ({
      name: `P${n}`,
      list_price: ["10.55", "0.335", "99", "0.5"][n],
      company_id: [null, companies[0], companies[1], companies[2]][n],
      taxes_id: [[6, 0, taxes.slice(0, n)]],
      active: n !== 3,
    })),
  );
  const products = await env
    .model("product.product")
    .search([["product_tmpl_id", "in", templates]] as never, { activeOnly: false, order: "id" });
  return { companies, currencies, taxes, products, partner };
}

/** Millionths, without code of ours. */
const units = (text: string | null): bigint => {
  const [, sign, whole = "0", rest = ""] = /^(-?)(\d*)\.?(\d*)$/.exec(text ?? "0") as RegExpExecArray;
  return BigInt(`${sign}${whole}${rest.padEnd(6, "0")}`);
};
const up = (numerator: bigint, denominator: bigint): bigint => {
  const sign = numerator < 0n ? -1n : 1n;
  return sign * ((numerator * sign * 2n + denominator) / (2n * denominator));
};
const at = (digits: number) => 10n ** BigInt(6 - digits);
const rounded = (value: bigint, digits: number) => up(value, at(digits)) * at(digits);

/** What is wrong in the stored values of some orders, lines compared only where `fresh` says so. */
export async function wrongAmounts(
  env: Environment,
  { currencies, products }: World,
  orderIds: readonly number[],
  fresh: (line: number) => boolean,
): Promise<string[]> {
  const found: string[] = [];
  const read = (model: string, domain: unknown, fields: string[]) =>
    env.model(model).searchRead(domain as never, fields as never, { activeOnly: false }) as Promise<Any[]>;
  const digits = new Map(
    (await read("res.currency", [["id", "in", currencies]], ["decimal_places"])).map((c) => [
      c.id,
      c.decimal_places as number,
    ]),
  );
  const percent = new Map((await read("account.tax", [], ["amount"])).map((t) => [t.id, units(t.amount)]));
  const orders = await read(
    "sale.order",
    [["id", "in", orderIds]],
    ["name", "currency_id", "amount_untaxed", "amount_tax", "amount_total"],
  );
  const lines = await read(
    "sale.order.line",
    [["order_id", "in", orderIds]],
    [
      "order_id",
      "currency_id",
      "product_uom_qty",
      "price_unit",
      "discount",
      "tax_id",
      "price_subtotal",
      "price_tax",
      "price_total",
    ],
  );
  const same = (what: string, is: unknown, should: unknown) => {
    if (is !== should) found.push(`${what}: ${is}, should be ${should}`);
  };
  for (const order of orders) {
    const own = lines.filter((line) => line.order_id.id === order.id);
    const sum = (name: string) => own.reduce((all, line) => all + units(line[name]), 0n);
    const d = digits.get(order.currency_id.id) ?? 2;
    if (own.every(({ id }) => fresh(id))) {
      same(`order ${order.id} net`, units(order.amount_untaxed), rounded(sum("price_subtotal"), d));
      same(`order ${order.id} tax`, units(order.amount_tax), rounded(sum("price_tax"), d));
    }
    same(
      `order ${order.id} total`,
      units(order.amount_total),
      units(order.amount_untaxed) + units(order.amount_tax),
    );
    for (const line of own) {
      same(`line ${line.id} currency`, line.currency_id?.id, order.currency_id.id);
      if (!fresh(line.id)) continue;
      const gross =
        units(line.product_uom_qty) *
        rounded(units(line.price_unit), d) *
        (100_000_000n - units(line.discount));
      const net = up(gross, 10n ** 14n * at(d)) * at(d);
      const tax = line.tax_id.reduce(
        (all: bigint, id: number) => all + up(net * (percent.get(id) as bigint), 10n ** 8n * at(d)) * at(d),
        0n,
      );
      same(`line ${line.id} net`, units(line.price_subtotal), net);
      same(`line ${line.id} tax`, units(line.price_tax), tax);
      same(`line ${line.id} total`, units(line.price_total), net + tax);
    }
  }
  same("numbers twice", new Set(orders.map((o) => o.name)).size, orders.length);
  // What products show is what their templates say.
  const shown = await read("product.product", [["id", "in", products]], ["product_tmpl_id", "list_price"]);
  const templates = new Map(
    (await read("product.template", [], ["list_price"])).map((t) => [t.id, t.list_price]),
  );
  for (const one of shown)
    same(`product ${one.id} price`, units(one.list_price), units(templates.get(one.product_tmpl_id.id)));
  return found;
}
