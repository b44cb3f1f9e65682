import type { FormView, ListView, MenuItem } from "@holdfast/framework/views/view";

/** The settings: users, companies, numbering, sign-in policy. */
export const baseMenus: readonly MenuItem[] = [
  { key: "settings", label: "Settings", icon: "settings", order: 900, groups: ["base.admin"] },
  ...[
    ["users", "Users", "res.users"],
    ["groups", "Groups", "res.groups"],
    ["companies", "Companies", "res.company"],
    ["signin", "Sign-in policy", "hf.signin.policy"],
    ["devices", "Signed-in devices", "hf.session"],
    ["keys", "API keys", "res.users.apikeys"],
    ["sequences", "Numbering", "ir.sequence"],
    ["currencies", "Currencies", "res.currency"],
    ["countries", "Countries", "res.country"],
    ["mails", "Outgoing mail", "mail.mail"],
  ].map(
    ([key = "", label = "", model = ""], at): MenuItem => ({
      key: `settings.${key}`,
      label,
      parent: "settings",
      model,
      order: 10 * (at + 1),
      groups: ["base.admin"],
    }),
  ),
];

export const baseLists: readonly ListView[] = [
  {
    model: "res.users",
    columns: [
      { field: "name", as: "avatar" },
      { field: "login", as: "email" },
      { field: "company_id", minWidth: 700 },
      { field: "login_date", minWidth: 800 },
    ],
    search: ["name", "login"],
    filters: [{ name: "archived", label: "Archived", domain: [["active", "=", false]] }],
    empty: { sentence: "Nobody but you works here yet.", button: "Invite a user" },
    creatable: true,
  },
  simpleList("res.groups", ["name", "key"], "There are no groups."),
  simpleList("res.company", ["name", "city", "country_id", "currency_id"], "There is no company."),
  simpleList("hf.signin.policy", ["name", "min_password_length", "max_failures"], "There is no policy."),
  simpleList("hf.session", ["device", "user_id", "source", "seen_at"], "No device is signed in."),
  simpleList(
    "res.users.apikeys",
    ["name", "user_id", "prefix", "read_only", "last_used_at", "expires_at"],
    "There are no API keys.",
  ),
  simpleList("ir.sequence", ["name", "code", "prefix", "number_next"], "There is no numbering."),
  simpleList("res.currency", ["name", "full_name", "symbol", "decimal_places"], "There are no currencies."),
  simpleList("res.country", ["name", "code"], "There are no countries."),
  simpleList(
    "mail.mail",
    ["subject", "email_to", "state", "create_date", "failure"],
    "No mail was written yet.",
  ),
];

export const baseForms: readonly FormView[] = [
  {
    model: "res.users",
    title: "name",
    buttons: [
      {
        method: "action_reset_password",
        label: "Mail a password link",
        confirm: "The user gets a mail with a link to choose a password.",
      },
    ],
    sections: [
      { label: "Sign-in", fields: ["login", "email", "active"] },
      { label: "Work", fields: ["company_id", "company_ids", "lang", "tz"] },
    ],
    tabs: [{ label: "Rights", fields: ["groups_id"] }],
  },
  {
    model: "res.company",
    title: "name",
    sections: [
      { label: "Address", fields: ["street", "street2", "zip", "city", "country_id"] },
      { label: "Contact", fields: ["email", "phone", "website", "vat", "currency_id"] },
    ],
    tabs: [{ label: "Documents", fields: ["document_note"] }],
  },
  {
    model: "hf.signin.policy",
    title: "name",
    sections: [
      {
        label: "Passwords",
        fields: ["min_password_length", "pbkdf2_rounds", "blocked_words", "reset_minutes"],
      },
      {
        label: "Attempts",
        fields: ["max_failures", "max_source_failures", "window_minutes", "cooldown_minutes"],
      },
      { label: "Sessions", fields: ["session_idle_minutes", "session_hours"] },
    ],
  },
  {
    model: "ir.sequence",
    title: "name",
    sections: [{ fields: ["code", "prefix", "padding", "number_next"] }],
  },
  {
    model: "mail.mail",
    title: "subject",
    status: "state",
    sections: [
      { label: "Mail", fields: ["email_to", "email_from", "create_date"] },
      { label: "Delivery", fields: ["attempts", "next_attempt", "sent_at", "failure"] },
    ],
  },
];

function simpleList(model: string, fields: readonly string[], sentence: string): ListView {
  return {
    model,
    columns: fields.map((field) => ({ field })),
    search: fields.slice(0, 2),
    empty: { sentence },
  };
}
