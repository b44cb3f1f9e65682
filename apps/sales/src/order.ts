import { currencyModel } from "@holdfast/app-base/currency";
import { nextNumbers } from "@holdfast/app-base/settings";
import { companyCurrency } from "@holdfast/app-products/company-currency";
import type { Environment } from "@holdfast/framework/model/environment";
import type { DefaultContext } from "@holdfast/framework/model/field";
import {
  date,
  datetime,
  longText,
  many2one,
  money,
  one2many,
  selection,
  text,
} from "@holdfast/framework/model/field";
import { type Compute, defineModel } from "@holdfast/framework/model/model";
import { digitsWithoutCurrency, orderAmounts } from "./amounts.ts";
import { lineModel } from "./order-line.ts";
import { orderMethods } from "./order-methods.ts";

/** Code of the numbering of quotations and orders. */
export const orderSequence = "sale.order";
/** A quotation binds us for this long unless it says otherwise. */
export const validityDays = 30;
const unnumbered = "New";
const dayMs = 86_400_000;

const computedAmount = { currencyField: "currency_id", readonly: true, copy: false } as const;

/** A quotation; confirmed, an order. Names as remote clients know them. */
export const orderModel = defineModel({
  name: "sale.order",
  label: "Quotation",
  displayName: "name",
  order: "date_order desc, id desc",
  searchFields: ["client_order_ref"],
  trash: true,
  fields: {
    name: text({
      label: "Number",
      readonly: true,
      copy: false,
      default: unnumbered,
      index: true,
      maxLength: 64,
    }),
    partner_id: many2one("res.partner", {
      label: "Customer",
      required: true,
      index: true,
      onDelete: "restrict",
    }),
    partner_country_id: many2one("res.country", {
      label: "Customer's country",
      related: "partner_id.country_id",
    }),
    date_order: datetime({ label: "Date", required: true, copy: false, default: now }),
    validity_date: date({ label: "Valid until", copy: false, default: validUntil }),
    state: selection(
      [
        ["draft", "Quotation"],
        ["sent", "Sent"],
        ["sale", "Confirmed"],
        ["cancel", "Cancelled"],
      ],
      { label: "State", required: true, readonly: true, copy: false, default: "draft", index: true },
    ),
    order_line: one2many("sale.order.line", "order_id", { label: "Lines" }),
    currency_id: many2one("res.currency", { label: "Currency", readonly: true, onDelete: "restrict" }),
    amount_untaxed: money({ label: "Net", ...computedAmount }),
    amount_tax: money({ label: "Tax", ...computedAmount }),
    amount_total: money({ label: "Total", ...computedAmount }),
    user_id: many2one("res.users", {
      label: "Salesperson",
      index: true,
      default: ({ userId }) => userId as number,
    }),
    company_id: many2one("res.company", {
      label: "Company",
      required: true,
      index: true,
      onDelete: "restrict",
      default: ({ companyId }) => companyId as number,
    }),
    client_order_ref: text({ label: "Customer's reference", copy: false }),
    note: longText({ label: "Terms" }),
    signed_by: text({ label: "Accepted by", readonly: true, copy: false }),
    signed_on: datetime({ label: "Accepted on", readonly: true, copy: false }),
  },
  computes: [
    { fields: ["name"], dependsOn: ["company_id"], beforehand: true, run: numberNewOnes },
    {
      fields: ["currency_id"],
      dependsOn: ["company_id"],
      beforehand: true,
      run: (env, ids) => companyCurrency(env, "sale.order", ids),
    },
    {
      fields: ["amount_untaxed", "amount_tax", "amount_total"],
      dependsOn: ["currency_id", "order_line.price_subtotal", "order_line.price_tax"],
      plain: true,
      // A line without a price changes no sum, and must not slip into an order that is confirmed at this moment.
      touches: true,
      run: totals,
    },
  ],
  freezes: [
    {
      fields: ["partner_id", "company_id", "date_order", "validity_date", "note"],
      open: 'state == "draft" || state == "sent"',
      refusal:
        "This record is a confirmed or cancelled order. Its customer, dates and terms stay as they are: cancel it and set it back to a quotation first.",
    },
  ],
  methods: orderMethods,
});

/** A number is given once, when the quotation is made; a rolled back one leaves no gap. */
async function numberNewOnes(env: Environment, ids: readonly number[]): ReturnType<Compute["run"]> {
  const rows = (await env.model("sale.order").read(ids, ["display_name"])) as readonly {
    readonly id: number;
    readonly display_name: string;
  }[];
  const bare = rows.filter((row) => row.display_name === unnumbered);
  const numbers = bare.length === 0 ? [] : await nextNumbers(env, orderSequence, bare.length);
  return new Map(bare.map((row, at) => [row.id, { name: numbers[at] }]));
}

/** The currency of an order is that of its lines; without lines there is nothing to round. */
async function totals(env: Environment, ids: readonly number[]): ReturnType<Compute["run"]> {
  const lines = await env.of(orderModel).linesOf("order_line", ids, {
    model: lineModel,
    fields: ["order_id", "currency_id", "price_subtotal", "price_tax", "price_total"],
  });
  const currencyIds = [...new Set(lines.flatMap(({ currency_id }) => currency_id?.id ?? []))];
  const currencies = await env.of(currencyModel).read(currencyIds, ["decimal_places"]);
  const digitsOf = new Map(currencies.map(({ id, decimal_places }) => [id, decimal_places]));
  const linesOf = Map.groupBy(lines, (line) => line.order_id.id);
  return new Map(
    ids.map((id) => {
      const own = linesOf.get(id) ?? [];
      const amounts = orderAmounts(
        own.map((line) => ({
          untaxed: line.price_subtotal ?? "0",
          tax: line.price_tax ?? "0",
          total: line.price_total ?? "0",
        })),
        digitsOf.get(own[0]?.currency_id?.id ?? 0) ?? digitsWithoutCurrency,
      );
      const values = {
        amount_untaxed: amounts.untaxed,
        amount_tax: amounts.tax,
        amount_total: amounts.total,
      };
      return [id, values];
    }),
  );
}

function now({ nowMs }: DefaultContext): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(nowMs);
}

function validUntil({ nowMs }: DefaultContext): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(nowMs + validityDays * dayMs)
    .toZonedDateTimeISO("UTC")
    .toPlainDate();
}

declare module "@holdfast/framework/model/domain-type" {
  interface ModelTypes {
    readonly "sale.order": typeof orderModel;
  }
}
