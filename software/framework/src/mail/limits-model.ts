import { confirmedAndLogged } from "../identity/guarded-change.ts";
import { integer, text } from "../model/field.ts";
import { defineModel } from "../model/model.ts";

/** Mails to addresses outside that one person may have sent in a day, unless an administrator says otherwise. */
export const usualPerPerson = 200;
/** The same for all people of one database together. */
export const usualTogether = 2_000;

/**
 * How many mails people may send to addresses outside: one row, changed by an administrator who confirms it, or a
 * stolen session would raise it first.
 */
export const mailLimitsModel = defineModel({
  name: "mail.limits",
  label: "Mail limits",
  displayName: "name",
  order: "id",
  guard: confirmedAndLogged({ event: "policy_changed", what: "mail limits", fields: "all" }),
  fields: {
    name: text({ label: "Name", required: true, readonly: true, default: "Mail limits" }),
    per_person: integer({
      label: "Per person in 24 hours",
      help: "Users of this database are not outside. 0: nobody sends any.",
      required: true,
      default: usualPerPerson,
    }),
    together: integer({
      label: "Of all in 24 hours",
      help: "Mails about an account (reset, invitation, sign-up) are not counted.",
      required: true,
      default: usualTogether,
    }),
  },
  checks: [
    {
      fields: ["per_person", "together"],
      violation: ({ per_person: one, together }) =>
        [one, together].every((limit) => Number(limit) >= 0 && Number(limit) <= 1_000_000)
          ? undefined
          : "A limit is between 0 and 1,000,000 mails.",
    },
  ],
});
