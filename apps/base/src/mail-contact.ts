import type { Html } from "@holdfast/framework/http/html";
import { html } from "@holdfast/framework/http/html-tag";
import { createLink } from "@holdfast/framework/identity/links";
import { type NewMail, queueMail } from "@holdfast/framework/mail/queue";
import type { Environment } from "@holdfast/framework/model/environment";
import { refusal } from "@holdfast/framework/modules/refusal";
import { unsubscribeLifeDays, unsubscribeLink, unsubscribePath } from "./unsubscribe-link.ts";
import { unsubscribedInSight, unsubscribedSince } from "./unsubscribed.ts";

/** A mail to a contact, of a company of this database. */
export interface ContactMail extends Omit<NewMail, "html" | "unsubscribe"> {
  /** Absent: an address that is no contact of ours, to which somebody shows something once. */
  readonly contactId?: number;
  /** Whose mails these are, for the page that ends them. */
  readonly company: { readonly id: number; readonly name: string };
  /** What the page's body holds; the frame and the foot are added. */
  readonly content: Html;
}

/**
 * Mails a contact, with the link that ends such mails: at the foot, and as List-Unsubscribe for one click in the
 * mail program (RFC 8058). Mails about an account (reset, invitation) do not come this way: nobody can end them.
 *
 * @throws `invalid` when they have ended our mails: whoever sends is told, nothing is sent.
 */
export async function mailContact(env: Environment, mail: ContactMail): Promise<void> {
  const { contactId, company, content, ...rest } = mail;
  await demandWanted(env, mail);
  if (contactId === undefined) {
    await queueMail(env, { ...rest, html: framed(rest.subject, content, "") });
    return;
  }
  const link = await createLink(env, {
    purpose: unsubscribeLink,
    model: "res.partner",
    recordId: contactId,
    recipient: rest.to,
    lifeMinutes: unsubscribeLifeDays * 24 * 60,
    maxUses: 0,
    boundTo: String(company.id),
    path: unsubscribePath,
  });
  const foot = html`<hr><p>No more mails from ${company.name}? <a href="${link}">Unsubscribe</a>.</p>`;
  await queueMail(env, {
    ...rest,
    html: framed(rest.subject, content, foot),
    text: `${rest.text}\n--\nNo more mails from ${company.name}? Unsubscribe: ${link}\n`,
    unsubscribe: link,
  });
}

async function demandWanted(env: Environment, { contactId, to, subject }: ContactMail): Promise<void> {
  const addressee = { address: to, ...(contactId === undefined ? {} : { contactId }) };
  if ((await unsubscribedSince(env, addressee)) === null) return;
  // Contacts that are hidden from whoever sends bind them too, but tell them no day.
  const since = await unsubscribedInSight(env, addressee);
  throw refusal(
    "invalid",
    `${to} unsubscribed from our mails${since === null ? "" : ` on ${dayOf(since)}`}: "${subject}" was not sent.`,
    "Reach them another way. They can undo it by the link at the foot of any mail they had from us.",
  );
}

function dayOf(moment: Temporal.Instant): string {
  const day = moment.toZonedDateTimeISO("UTC").toPlainDate();
  return day.toLocaleString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}

function framed(title: string, content: Html, foot: Html | ""): Html {
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title}</title></head>
<body>
${content}
${foot}
</body>
</html>`;
}
