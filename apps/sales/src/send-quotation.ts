import { companyModel } from "@holdfast/app-base/company";
import { mailContact } from "@holdfast/app-base/mail-contact";
import { partnerModel } from "@holdfast/app-base/partner";
import { html } from "@holdfast/framework/http/html-tag";
import { createLink } from "@holdfast/framework/identity/links";
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
  for (const order of orders) await sendOne(env, order);
}

async function sendOne(env: Environment, order: SentOrder): Promise<void> {
  if (order.order_line.length === 0)
    throw refusal(
      "invalid",
      `${order.name} has no lines: there is nothing to offer.`,
      "Add at least one line.",
    );
  const [customer] = await env.of(partnerModel).read([order.partner_id.id], ["name", "email"]);
  const [company] = await env.of(companyModel).read([order.company_id.id], ["name", "email"]);
  const recipient = customer?.email;
  if (customer === undefined || !recipient)
    throw refusal(
      "invalid",
      `${order.partner_id.displayName} has no email address, so ${order.name} cannot be mailed.`,
      "Add one to the contact.",
    );
  const link = await createLink(env, {
    purpose: quotationLink,
    model: "sale.order",
    recordId: order.id,
    recipient,
    lifeMinutes: linkLifeDays * 24 * 60,
    maxUses: 0,
    path: quotationPath,
  });
  const words = wordsOf(order, { customer: customer.name, company: company?.name ?? "", link });
  await mailContact(env, {
    contactId: order.partner_id.id,
    to: recipient,
    company: { id: order.company_id.id, name: company?.name ?? "" },
    ...words,
    ...(company === undefined ? {} : { fromName: company.name }),
    ...(company?.email ? { replyTo: company.email } : {}),
    about: { model: "sale.order", id: order.id },
  });
  await logMessages(env, [
    {
      model: "sale.order",
      id: order.id,
      kind: "message",
      subject: `Mailed to ${recipient}: ${words.subject}`,
    },
  ]);
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
