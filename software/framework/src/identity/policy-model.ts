import type { Environment } from "../model/environment.ts";
import { boolean, integer, longText, text } from "../model/field.ts";
import { defineModel } from "../model/model.ts";
import { confirmedAndLogged } from "./guarded-change.ts";

/** The sign-in policy of one database: a single row, changed by its administrator (claims PWD-4, PWD-5). */
export const policyModel = defineModel({
  name: "hf.signin.policy",
  label: "Sign-in policy",
  displayName: "name",
  order: "id",
  guard: confirmedAndLogged({ event: "policy_changed", what: "sign-in policy", fields: "all" }),
  fields: {
    name: text({ label: "Name", required: true, readonly: true, default: "Sign-in policy" }),
    min_password_length: integer({
      label: "Shortest password, in characters",
      help: "At least 8. 15 is advised where the password is the only factor (NIST SP 800-63B-4).",
      required: true,
      default: 15,
    }),
    min_password_length_factor: integer({
      label: "The same where a second factor is enforced",
      help: "At least 8.",
      required: true,
      default: 8,
    }),
    pbkdf2_rounds: integer({
      label: "Rounds of PBKDF2",
      help: "At least 600,000, and never less than before; passwords are rehashed at their next sign-in.",
      required: true,
      default: 600_000,
    }),
    /** The most rounds that the policy ever asked for: it only rises. */
    pbkdf2_floor: integer({
      label: "Most rounds so far",
      required: true,
      readonly: true,
      default: 600_000,
    }),
    max_failures: integer({
      label: "Failures of one account from one source before it waits",
      help: "0 switches this count off.",
      required: true,
      default: 10,
    }),
    max_source_failures: integer({
      label: "Failures from one source before it waits",
      required: true,
      default: 100,
    }),
    max_account_failures: integer({
      label: "Failures of one account from anywhere before unknown devices are held up",
      help: "Holds each further try up for some seconds; never locks the account.",
      required: true,
      default: 50,
    }),
    window_minutes: integer({ label: "Failures count for, minutes", required: true, default: 15 }),
    cooldown_minutes: integer({ label: "Wait after too many failures, minutes", required: true, default: 5 }),
    session_idle_minutes: integer({
      label: "Session ends when idle for, minutes",
      required: true,
      default: 720,
    }),
    session_hours: integer({ label: "Session ends after, hours", required: true, default: 168 }),
    reset_minutes: integer({ label: "Reset links work for, minutes", required: true, default: 60 }),
    sign_up: boolean({
      label: "Visitors may sign up by themselves",
      help: "As portal users, after a mail to their address. The sign-in page then offers it.",
      default: false,
    }),
    blocked_words: longText({
      label: "Further words that no password may consist of",
      help: "One a line: your company, products, street.",
    }),
  },
  computes: [{ fields: ["pbkdf2_floor"], dependsOn: ["pbkdf2_rounds"], run: highestRounds }],
  checks: [
    {
      fields: ["min_password_length_factor"],
      violation: between("min_password_length_factor", "The shortest password with a second factor", 8, 64),
    },
    {
      fields: ["pbkdf2_rounds", "pbkdf2_floor"],
      violation: ({ pbkdf2_rounds, pbkdf2_floor }) =>
        Number(pbkdf2_rounds) >= Number(pbkdf2_floor)
          ? undefined
          : `The number of rounds is ${pbkdf2_rounds}: it only rises, and was ${pbkdf2_floor} already.`,
    },
    {
      fields: ["min_password_length"],
      violation: between("min_password_length", "The shortest password", 8, 64),
    },
    {
      fields: ["pbkdf2_rounds"],
      violation: between("pbkdf2_rounds", "The number of rounds", 600_000, 10_000_000),
    },
    { fields: ["max_failures"], violation: between("max_failures", "The number of failures", 0, 1_000) },
    {
      fields: ["max_source_failures"],
      violation: between("max_source_failures", "The number of failures", 1, 100_000),
    },
    {
      fields: ["max_account_failures"],
      violation: between("max_account_failures", "The number of failures", 1, 100_000),
    },
    {
      fields: ["window_minutes"],
      violation: between("window_minutes", "The time that failures count", 1, 1_440),
    },
    { fields: ["cooldown_minutes"], violation: between("cooldown_minutes", "The wait", 1, 1_440) },
    {
      fields: ["session_idle_minutes"],
      violation: between("session_idle_minutes", "The idle limit", 5, 43_200),
    },
    { fields: ["session_hours"], violation: between("session_hours", "The session's limit", 1, 2_160) },
    { fields: ["reset_minutes"], violation: between("reset_minutes", "The life of a reset link", 5, 1_440) },
  ],
});

async function highestRounds(env: Environment, ids: readonly number[]) {
  const fields = ["pbkdf2_rounds", "pbkdf2_floor"];
  const rows: readonly { readonly id: number }[] = await env
    .model("hf.signin.policy")
    .read(ids, fields as never);
  const most = (row: Readonly<Record<string, unknown>>) =>
    Math.max(...fields.map((name) => Number(row[name])));
  return new Map(rows.map((row) => [row.id, { pbkdf2_floor: most({ ...row }) }]));
}

function between(field: string, what: string, least: number, most: number) {
  return (record: Readonly<Record<string, unknown>>): string | undefined => {
    const value = Number(record[field]);
    return value >= least && value <= most
      ? undefined
      : `${what} is ${value}: it must lie between ${least} and ${most}.`;
  };
}

declare module "../model/domain-type.ts" {
  interface ModelTypes {
    readonly "hf.signin.policy": typeof policyModel;
  }
}
