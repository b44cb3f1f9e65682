import { companyModel } from "@holdfast/app-base/company";
import { partnerModel } from "@holdfast/app-base/partner";
import type { Environment } from "@holdfast/framework/model/environment";
import { refusal } from "@holdfast/framework/modules/refusal";
import { orderModel } from "./order.ts";
import { lineModel } from "./order-line.ts";
import type { Party, QuotationLine, QuotationView } from "./quotation-page.ts";

const addressFields = ["name", "street", "street2", "zip", "city", "country_id"] as const;

/** What a link may be compared with. */
export interface Customer {
  readonly id: number;
  readonly email: string | null;
}

/** Of the link that was mailed to the customer: theirs as long as they have that address. */
export function mailedTo(recipient: string): (customer: Customer) => boolean {
  return ({ email }) => email === recipient;
}

/**
 * Reads what a quotation's page shows, with the rights of the link: one quotation and its lines. Only the names
 * and addresses of its two parties are read above them, since a link has no right on contacts at all.
 *
 * @param isTheirs - whether the link speaks of this customer: a quotation that has gone over to another is not theirs.
 * @throws `not_found` when it is gone, or the link speaks of another customer.
 */
export async function readQuotation(
  env: Environment,
  id: number,
  isTheirs: (customer: Customer) => boolean,
): Promise<QuotationView> {
  const [order] = await env
    .of(orderModel)
    .read(
      [id],
      [
        "name",
        "state",
        "date_order",
        "validity_date",
        "client_order_ref",
        "note",
        "amount_untaxed",
        "amount_tax",
        "amount_total",
        "signed_by",
        "signed_on",
      ],
    );
  const lines = await readLines(env, id);
  const parties = await readParties(env, id, isTheirs);
  const today = Temporal.Instant.fromEpochMilliseconds(env.clock.now())
    .toZonedDateTimeISO("UTC")
    .toPlainDate();
  const validUntil = order?.validity_date ?? null;
  return {
    name: order?.name ?? "",
    state: order?.state ?? "draft",
    date: shownDate(order?.date_order.toZonedDateTimeISO("UTC").toPlainDate() ?? null) ?? "",
    validUntil: shownDate(validUntil),
    expired: validUntil !== null && Temporal.PlainDate.compare(validUntil, today) < 0,
    reference: order?.client_order_ref ?? null,
    note: order?.note ?? null,
    untaxed: order?.amount_untaxed ?? "0.00",
    tax: order?.amount_tax ?? "0.00",
    total: order?.amount_total ?? "0.00",
    signedBy: order?.signed_by ?? null,
    signedOn: shownDate(order?.signed_on?.toZonedDateTimeISO("UTC").toPlainDate() ?? null),
    lines,
    ...parties,
  };
}

/** Digest of all that a page shows: two pages with one digest offer the same. */
export async function digestOf(view: QuotationView): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(view));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toBase64({
    alphabet: "base64url",
    omitPadding: true,
  });
}

async function readLines(env: Environment, orderId: number): Promise<QuotationLine[]> {
  const rows = await env
    .of(lineModel)
    .searchRead(
      [["order_id", "=", orderId]],
      ["name", "product_uom_qty", "product_uom", "price_unit", "discount", "price_subtotal"],
      { order: "sequence, id" },
    );
  return rows.map((row) => ({
    words: row.name ?? "",
    quantity: row.product_uom_qty,
    unit: row.product_uom?.displayName ?? null,
    price: row.price_unit ?? "0.00",
    discount: row.discount,
    subtotal: row.price_subtotal ?? "0.00",
  }));
}

/** Called after the quotation was read with the link's own rights. */
function readParties(env: Environment, orderId: number, isTheirs: (customer: Customer) => boolean) {
  return env.system("a quotation's page names its two parties", async (system) => {
    const [order] = await system.of(orderModel).read([orderId], ["partner_id", "company_id", "currency_id"]);
    const [customer] = await system
      .of(partnerModel)
      .read([order?.partner_id.id ?? 0], [...addressFields, "email"]);
    if (customer === undefined || !isTheirs(customer))
      throw refusal(
        "not_found",
        "This link is not valid, or no longer valid.",
        "Ask the sender for a new one.",
      );
    const [company] = await system
      .of(companyModel)
      .read([order?.company_id.id ?? 0], [...addressFields, "document_note"]);
    return {
      to: partyOf(customer),
      from: partyOf(company),
      documentNote: company?.document_note ?? null,
      currency: order?.currency_id?.displayName ?? "EUR",
    };
  });
}

interface AddressRow {
  readonly name: string;
  readonly street: string | null;
  readonly street2: string | null;
  readonly zip: string | null;
  readonly city: string | null;
  readonly country_id: { readonly displayName: string } | null;
}

function partyOf(row: AddressRow | undefined): Party {
  const town = [row?.zip, row?.city].filter(Boolean).join(" ");
  const address = [row?.street, row?.street2, town, row?.country_id?.displayName];
  return { name: row?.name ?? "", address: address.filter((line): line is string => Boolean(line)) };
}

function shownDate(day: Temporal.PlainDate | null): string | null {
  return day === null
    ? null
    : day.toLocaleString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}
