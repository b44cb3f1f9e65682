import { ExpectedError } from "@holdfast/kernel/errors";
import type { Html } from "../http/html.ts";
import type { Environment } from "../model/environment.ts";
import { withinLimits } from "./limits.ts";
import { mailModel } from "./models.ts";

/** A mail to one person. Both bodies say the same: the page for people, the text for readers without pages. */
export interface NewMail {
  /** One bare address. */
  readonly to: string;
  readonly subject: string;
  /** Made with the `html` tag, so that nothing in it is unescaped. Link marks of identity/links are filled in when sent. */
  readonly html: Html;
  readonly text: string;
  /** `"Ann Berg" <ann@…>` becomes `{ name, address }`; absent: the database's own sender. */
  readonly fromName?: string;
  readonly replyTo?: string;
  /** Mark of a link of identity/links that ends such mails by one click; mails about an account have none. */
  readonly unsubscribe?: string;
  /** The record it is about. */
  readonly about?: { readonly model: string; readonly id: number };
}

/** Largest body, in characters, each. */
export const maxBodyCharacters = 65_536;
const addressPattern = /^[^\s@<>"(),:;\\[\]]{1,64}@[^\s@<>"(),:;\\[\]]{1,189}$/;
const messageIdBytes = 16;

/**
 * Writes a mail in the caller's transaction: it goes out after the commit and never when it rolled back.
 *
 * @returns the id of the `mail.mail`.
 * @throws `too_many` when a person has had too many sent to addresses outside; `invalid` when the address is none, or a header would hold a line break (header injection).
 */
export async function queueMail(env: Environment, mail: NewMail): Promise<number> {
  const [id] = await queueMails(env, [mail]);
  return id as number;
}

/** Several at once: all or none, in as many statements as one. */
export async function queueMails(env: Environment, mails: readonly NewMail[]): Promise<number[]> {
  if (mails.length === 0) return [];
  const rows = mails.map((mail) => valuesOf(env, mail));
  return env.system("write a mail to the queue", async (system) => {
    const asked = await withinLimits(
      system,
      rows.map((row) => row.email_to),
    );
    return system.of(mailModel).create(rows.map((row, at) => ({ ...row, ...asked[at] })));
  });
}

function valuesOf(env: Environment, mail: NewMail) {
  return {
    subject: headerText(mail.subject, "subject"),
    email_to: mailAddress(mail.to),
    email_from: mail.fromName === undefined ? null : headerText(mail.fromName, "sender"),
    reply_to: mail.replyTo === undefined ? null : mailAddress(mail.replyTo),
    body_html: body(mail.html.toString()),
    body_text: body(mail.text),
    unsubscribe: mail.unsubscribe ?? null,
    message_id: `${Buffer.from(env.random.bytes(messageIdBytes)).toString("hex")}@mail.holdfast`,
    next_attempt: Temporal.Instant.fromEpochMilliseconds(env.clock.now()),
    res_model: mail.about?.model ?? null,
    res_id: mail.about?.id ?? null,
  };
}

/** @throws `invalid` unless the text is one plain mail address. */
export function mailAddress(text: string): string {
  const trimmed = text.trim();
  if (!addressPattern.test(trimmed))
    throw new ExpectedError("invalid", `"${printable(text)}" is not a mail address.`, {
      hint: "Write one address like name@example.com.",
    });
  return trimmed;
}

/** A line break in a header would start another header, written by whoever chose the text. */
function headerText(text: string, what: string): string {
  if (/[\u0000-\u001f\u007f\u2028\u2029]/.test(text))
    throw new ExpectedError("invalid", `The mail's ${what} holds a line break or a control character.`);
  return text;
}

function body(text: string): string {
  if (text.length > maxBodyCharacters)
    throw new ExpectedError(
      "too_large",
      `The mail has ${text.length} characters: at most ${maxBodyCharacters} are sent.`,
    );
  return text;
}

function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f]/g, "?").slice(0, 80);
}
