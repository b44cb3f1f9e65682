import { companyModel } from "@holdfast/app-base/company";
import { mailContacts } from "@holdfast/app-base/mail-contact";
import { partnerModel } from "@holdfast/app-base/partner";
import { html } from "@holdfast/framework/http/html-tag";
import { createLinks, type LinkOrder } from "@holdfast/framework/identity/links";
import { logMessages } from "@holdfast/framework/mail/messages";
import type { Environment } from "@holdfast/framework/model/environment";
import { refusal } from "@holdfast/framework/modules/refusal";
import { moneyText } from "./money-text.ts";
import { moveOrders } from "./order-state.ts";

/** Purpose of the links to a quotation's page; their holder is the role `link.sale_quotation`. */
export const quotationLink = "sale_quotation";
export const quotationPath = "/quotation/:token";
/** A link outlives the quotation's validity, so that the customer can read what was agreed. */
export const linkLifeDays = 90;

interface SentOrder {
  readonly id: number;
  readonly name: string;
  readonly partner_id: { readonly id: number; readonly displayName: string };
  readonly company_id: { readonly id: number };
  readonly amount_total: string | null;
  readonly currency_id: { readonly displayName: string } | null;
  readonly validity_date: Temporal.PlainDate | null;
  readonly order_line: readonly number[];
}

const orderFields = [
  "name",
  "partner_id",
  "company_id",
  "amount_total",
  "currency_id",
  "validity_date",
  "order_line",
] as never[];

/**
 * Mails each quotation's signed link to its customer and marks it sent.
 *
 * @throws `invalid` when a customer has no address or wants no mails, or a quotation no lines; then none is sent.
 */
export async function sendQuotations(env: Environment, ids: readonly number[]): Promise<void> {
  await moveOrders(env, ids, "send");
  const orders = (await env.model("sale.order").read(ids, orderFields)) as unknown as readonly SentOrder[];
  const customers = await env.of(partnerModel).read(idsOf(orders, "partner_id"), ["name", "email"]);
  const companies = await env.of(companyModel).read(idsOf(orders, "company_id"), ["name", "email"]);
  const addressed = orders.map((order): Addressed => {
    const customer = customers.find(({ id }) => id === order.partner_id.id);
    const company = companies.find(({ id }) => id === order.company_id.id);
    const recipient = recipientOf(order, customer?.email);
    return { order, recipient, customer: customer?.name ?? "", company };
  });
  const links = await createLinks(
    env,
    addressed.map(({ order, recipient }) => linkOrder(order, recipient)),
  );
  const mails = addressed.map((one, at) => mailOf(one, links[at] ?? ""));
  await mailContacts(env, mails);
  await logMessages(
    env,
    mails.map(({ to, subject, about }) => ({
      ...about,
      kind: "message",
      subject: `Mailed to ${to}: ${subject}`,
    })),
  );
}

/** A quotation that can be mailed, and by whom to whom. */
interface Addressed {
  readonly order: SentOrder;
  readonly recipient: string;
  readonly customer: string;
  readonly company: { readonly name: string; readonly email: string | null } | undefined;
}

function idsOf(orders: readonly SentOrder[], field: "partner_id" | "company_id"): number[] {
  return [...new Set(orders.map((order) => order[field].id))];
}

function recipientOf(order: SentOrder, address: string | null | undefined): string {
  if (order.order_line.length === 0)
    throw refusal(
      "invalid",
      `${order.name} has no lines: there is nothing to offer.`,
      "Add at least one line.",
    );
  if (address) return address;
  throw refusal(
    "invalid",
    `${order.partner_id.displayName} has no email address, so ${order.name} cannot be mailed.`,
    "Add one to the contact.",
  );
}

function linkOrder(order: SentOrder, recipient: string): LinkOrder {
  return {
    purpose: quotationLink,
    model: "sale.order",
    recordId: order.id,
    recipient,
    lifeMinutes: linkLifeDays * 24 * 60,
    maxUses: 0,
    path: quotationPath,
  };
}

function mailOf({ order, recipient, customer, company }: Addressed, link: string) {
  return {
    contactId: order.partner_id.id,
    to: recipient,
    company: { id: order.company_id.id, name: company?.name ?? "" },
    ...wordsOf(order, { customer, company: company?.name ?? "", link }),
    ...(company === undefined ? {} : { fromName: company.name }),
    ...(company?.email ? { replyTo: company.email } : {}),
    about: { model: "sale.order", id: order.id },
  };
}

function wordsOf(order: SentOrder, names: { customer: string; company: string; link: string }) {
  const total = moneyText(order.amount_total ?? "0", order.currency_id?.displayName ?? "EUR");
  const until = order.validity_date === null ? "" : ` It is valid until ${order.validity_date.toString()}.`;
  const offer = `here is our quotation ${order.name} over ${total}.${until}`;
  return {
    subject: `${names.company}: quotation ${order.name}`,
    text: `Dear ${names.customer},\n\n${offer}\n\nRead it and accept it here:\n${names.link}\n\nKind regards,\n${names.company}\n`,
    content: html`<p>Dear ${names.customer},</p>
<p>${offer}</p>
<p><a href="${names.link}">Read and accept the quotation</a></p>
<p>Kind regards,<br>${names.company}</p>`,
  };
}
