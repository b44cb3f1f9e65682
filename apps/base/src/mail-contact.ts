import type { Html } from "@holdfast/framework/http/html";
import { html } from "@holdfast/framework/http/html-tag";
import { createLinks } from "@holdfast/framework/identity/links";
import { type NewMail, queueMails } from "@holdfast/framework/mail/queue";
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
export function mailContact(env: Environment, mail: ContactMail): Promise<void> {
  return mailContacts(env, [mail]);
}

/** Several at once: all or none, in as many statements as one. */
export async function mailContacts(env: Environment, mails: readonly ContactMail[]): Promise<void> {
  await demandWanted(env, mails);
  const known = mails.filter(({ contactId }) => contactId !== undefined);
  const links = await createLinks(
    env,
    known.map(({ contactId, company, to }) => ({
      purpose: unsubscribeLink,
      model: "res.partner",
      recordId: contactId as number,
      recipient: to,
      lifeMinutes: unsubscribeLifeDays * 24 * 60,
      maxUses: 0,
      boundTo: String(company.id),
      path: unsubscribePath,
    })),
  );
  const linkOf = new Map(known.map((mail, at) => [mail, links[at]]));
  await queueMails(
    env,
    mails.map((mail) => written(mail, linkOf.get(mail))),
  );
}

function written(
  { contactId: _of, company, content, ...rest }: ContactMail,
  link: string | undefined,
): NewMail {
  if (link === undefined) return { ...rest, html: framed(rest.subject, content, "") };
  const foot = html`<hr><p>No more mails from ${company.name}? <a href="${link}">Unsubscribe</a>.</p>`;
  return {
    ...rest,
    html: framed(rest.subject, content, foot),
    text: `${rest.text}\n--\nNo more mails from ${company.name}? Unsubscribe: ${link}\n`,
    unsubscribe: link,
  };
}

async function demandWanted(env: Environment, mails: readonly ContactMail[]): Promise<void> {
  const addressees = mails.map(({ contactId, to }) => ({
    address: to,
    ...(contactId === undefined ? {} : { contactId }),
  }));
  if ((await unsubscribedSince(env, addressees)) === null) return;
  // Somebody of them wants none: who it is, is asked one by one, and nothing is sent.
  for (const [at, addressee] of addressees.entries()) {
    if ((await unsubscribedSince(env, [addressee])) === null) continue;
    // Contacts that are hidden from whoever sends bind them too, but tell them no day.
    const since = await unsubscribedInSight(env, [addressee]);
    throw refusal(
      "invalid",
      `${addressee.address} unsubscribed from our mails${since === null ? "" : ` on ${dayOf(since)}`}: "${mails[at]?.subject}" was not sent.`,
      "Reach them another way. They can undo it by the link at the foot of any mail they had from us.",
    );
  }
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
