import { datetime, many2one, selection, text } from "@holdfast/framework/model/field";
import { defineModel } from "@holdfast/framework/model/model";

/** From what is merely due, over what a promise will soon be broken by, to what breaks one. */
export const severities = [
  ["notice", "Notice"],
  ["warning", "Warning"],
  ["critical", "Critical"],
] as const;
export type Severity = (typeof severities)[number][0];

/**
 * Something that should be there and is not, or is wrong: since when, about which database or vault, and
 * when it was over. Raised, mailed once for each severity and resolved by control's look-out alone
 * (platform/control/src/alarms); an open alarm has no `resolved_at`. Claim DR-3.
 */
export const Alarm = defineModel({
  name: "platform.alarm",
  label: "Alarm",
  displayName: "sentence",
  // What is open stands first: without a moment of its end it sorts as the latest.
  order: "resolved_at desc, since desc, id desc",
  fields: {
    /** What is wrong, as a word that stays: `backup.absent`. With the subject it names one open alarm. */
    code: text({ label: "Code", required: true, maxLength: 60, index: true, readonly: true }),
    subject: text({ label: "About", required: true, maxLength: 120, readonly: true }),
    severity: selection(severities, {
      label: "Severity",
      required: true,
      default: "warning",
      readonly: true,
    }),
    sentence: text({ label: "What", required: true, maxLength: 500, readonly: true }),
    hint: text({ label: "What to do", maxLength: 500, readonly: true }),
    database_id: many2one("platform.database", { label: "Database", index: true, readonly: true }),
    customer_id: many2one("platform.customer", { label: "Customer", index: true, readonly: true }),
    vault: text({ label: "Vault", maxLength: 60, readonly: true }),
    since: datetime({ label: "Since", required: true, readonly: true }),
    resolved_at: datetime({ label: "Resolved", index: true, readonly: true }),
    /** The highest severity that operators were told of; a mail goes out only when it rises. */
    told: selection(severities, { label: "Told operators", readonly: true }),
  },
});

/** Orders severities. */
export function rankOf(severity: Severity | null): number {
  return severities.findIndex(([name]) => name === severity);
}

declare module "@holdfast/framework/model/domain-type" {
  interface ModelTypes {
    readonly "platform.alarm": typeof Alarm;
  }
}
