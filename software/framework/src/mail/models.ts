import { datetime, html, integer, longText, many2one, selection, text } from "../model/field.ts";
import { defineModel, type Model } from "../model/model.ts";
import { mailLimitsModel } from "./limits-model.ts";

/** A mail on its way out: written in the transaction that causes it, sent after, kept as a record of what went. */
export const mailModel = defineModel({
  name: "mail.mail",
  label: "Outgoing mail",
  displayName: "subject",
  order: "id desc",
  fields: {
    subject: text({ label: "Subject", required: true, readonly: true, maxLength: 512 }),
    email_to: text({ label: "To", required: true, readonly: true, maxLength: 254 }),
    email_from: text({ label: "From", readonly: true, maxLength: 320 }),
    reply_to: text({ label: "Answers go to", readonly: true, maxLength: 254 }),
    /** Both bodies may hold signed links and reset links: no caller reads them, administrators included. */
    body_html: longText({ label: "Page", readonly: true, secret: true }),
    body_text: longText({ label: "Text", readonly: true, secret: true }),
    /** Mark of the link by which its recipient ends such mails (RFC 8058); empty on mails that nobody can end. */
    unsubscribe: text({ label: "Ended by", readonly: true, secret: true, maxLength: 256 }),
    /** RFC 5322 Message-ID: the same at every attempt, so that a mail sent twice is recognized. */
    message_id: text({ label: "Message id", required: true, readonly: true, unique: true, maxLength: 254 }),
    state: selection(
      [
        ["outgoing", "Waiting"],
        ["sending", "Being sent"],
        ["sent", "Sent"],
        ["dead", "Given up"],
        ["held", "Held back"],
      ],
      { label: "State", required: true, readonly: true, default: "outgoing", index: true },
    ),
    attempts: integer({ label: "Attempts", required: true, readonly: true, default: 0 }),
    next_attempt: datetime({ label: "Next attempt", required: true, readonly: true, index: true }),
    /** Whoever sends it holds it until then; after that another may. */
    lease_until: datetime({ label: "Leased until", readonly: true }),
    lease: text({ label: "Lease", secret: true, maxLength: 36 }),
    sent_at: datetime({ label: "Sent", readonly: true }),
    failure: text({ label: "Last failure", readonly: true, maxLength: 512 }),
    /** What it is about: model and id, for the log of that record. */
    res_model: text({ label: "Model", readonly: true, maxLength: 128 }),
    res_id: integer({ label: "Record", readonly: true }),
    /** Who had it sent; empty for mails that no person asked for. */
    asked_by: many2one("res.users", { label: "Sent by", readonly: true, onDelete: "set null" }),
    /** When a person had it sent to somebody who is no user here: what the limits count. */
    outside_at: datetime({ label: "Sent outside", readonly: true, index: true }),
  },
});

/** One line of a record's log: a note, a message to the customer, or a change. Seen by whoever sees the record. */
export const messageModel = defineModel({
  name: "mail.message",
  label: "Message",
  displayName: "subject",
  order: "id desc",
  fields: {
    subject: text({ label: "Subject", required: true, readonly: true, default: "Message" }),
    model: text({ label: "Model", required: true, readonly: true, maxLength: 128 }),
    res_id: integer({ label: "Record", required: true, readonly: true, index: true }),
    kind: selection(
      [
        ["note", "Note"],
        ["message", "Message"],
        ["change", "Change"],
      ],
      { label: "Kind", required: true, readonly: true, default: "note" },
    ),
    body: html({ label: "Text", readonly: true }),
    author_id: many2one("res.users", { label: "Author", readonly: true }),
    /** Who wrote it, when that was no user: the signer of a quotation. */
    author_name: text({ label: "Author's name", readonly: true }),
    date: datetime({ label: "Date", required: true, readonly: true, default: now }),
  },
});

/** Models that mail owns; `base` lists them among its own. */
export const mailModels: readonly Model[] = [mailModel, messageModel, mailLimitsModel];

function now({ nowMs }: { readonly nowMs: number }): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(nowMs);
}

declare module "../model/domain-type.ts" {
  interface ModelTypes {
    readonly "mail.mail": typeof mailModel;
    readonly "mail.message": typeof messageModel;
    readonly "mail.limits": typeof mailLimitsModel;
  }
}
