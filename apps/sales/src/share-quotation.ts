import { companyModel } from "@holdfast/app-base/company";
import { mailContact } from "@holdfast/app-base/mail-contact";
import { partnerModel } from "@holdfast/app-base/partner";
import { html } from "@holdfast/framework/http/html-tag";
import { createLink } from "@holdfast/framework/identity/links";
import { logMessages } from "@holdfast/framework/mail/messages";
import { mailAddress } from "@holdfast/framework/mail/queue";
import type { Environment } from "@holdfast/framework/model/environment";
import { escapeLike } from "@holdfast/framework/model/escape-like";
import { refusal } from "@holdfast/framework/modules/refusal";
import type { OrderState } from "./order-state.ts";
import { customerOf, shareLink, sharePath } from "./share-link.ts";

interface SharedOrder {
  readonly name: string;
  readonly state: OrderState;
  readonly partner_id: { readonly id: number; readonly displayName: string };
  readonly company_id: { readonly id: number };
}

const orderFields = ["name", "state", "partner_id", "company_id"] as never[];
const longestDays = 90;

/**
 * Mails somebody a link that shows one quotation and can do nothing with it. Its end was chosen; it is listed and
 * revoked on the quotation's Links page, and dead as soon as the quotation goes over to another customer.
 *
 * @throws `not_found`, `access_denied` when the actor may not write the quotation; `conflict` for a draft, whose page
 * shows nothing; `invalid` for an address that is none, or whose owner wants no mails.
 */
export async function shareQuotation(
  env: Environment,
  id: number,
  given: { readonly email: string; readonly days: number },
): Promise<void> {
  const orders = env.model("sale.order");
  await orders.write([id], {});
  const [order] = (await orders.read([id], orderFields)) as unknown as readonly SharedOrder[];
  if (order === undefined || order.state === "draft" || order.state === "cancel")
    throw refusal(
      "conflict",
      `"${order?.name ?? ""}" cannot be shared: it is no offer at the moment.`,
      "Send it to its customer first.",
    );
  if (!(Number.isInteger(given.days) && given.days >= 1 && given.days <= longestDays))
    throw refusal(
      "invalid",
      `The value ${given.days} is no number of days for a shared link: 1 to ${longestDays} are.`,
    );
  const to = mailAddress(given.email);
  const [company] = await env.of(companyModel).read([order.company_id.id], ["name", "email"]);
  const [contact] = await env.of(partnerModel).search([["email", "=ilike", escapeLike(to)]], { limit: 1 });
  const link = await createLink(env, {
    purpose: shareLink,
    model: "sale.order",
    recordId: id,
    recipient: to,
    lifeMinutes: given.days * 24 * 60,
    maxUses: 0,
    boundTo: customerOf(order.partner_id.id),
    path: sharePath,
  });
  const from = company?.name ?? "";
  const offer = `${from} shows you quotation ${order.name} for ${order.partner_id.displayName}. You can read it for ${given.days} days; it is accepted by its customer alone.`;
  const subject = `${from}: quotation ${order.name}, to read`;
  await mailContact(env, {
    ...(contact === undefined ? {} : { contactId: contact }),
    to,
    company: { id: order.company_id.id, name: from },
    subject,
    content: html`<p>${offer}</p><p><a href="${link}">Read the quotation</a></p>`,
    text: `${offer}\n\n${link}\n`,
    fromName: from,
    ...(company?.email ? { replyTo: company.email } : {}),
    about: { model: "sale.order", id },
  });
  const note = `Shared with ${to} for ${given.days} days`;
  await logMessages(env, [{ model: "sale.order", id, kind: "message", subject: note }]);
}
