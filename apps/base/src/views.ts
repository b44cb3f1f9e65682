import { administrationForms, administrationLists } from "@holdfast/framework/administration/views";
import type { FormView, ListView, MenuItem } from "@holdfast/framework/views/view";

/** The settings: users, companies, numbering, sign-in policy. */
export const baseMenus: readonly MenuItem[] = [
  { key: "settings", label: "Settings", icon: "settings", order: 900, groups: ["base.admin"] },
  ...[
    ["users", "Users", "res.users"],
    ["groups", "Groups", "res.groups"],
    ["rules", "Access rules", "ir.rule"],
    ["rights", "Access rights", "ir.model.access"],
    ["companies", "Companies", "res.company"],
    ["signin", "Sign-in policy", "hf.signin.policy"],
    ["providers", "Sign-in providers", "/settings/providers"],
    ["links", "Mailed links", "/settings/links"],
    ["blocks", "Blocked sign-ins", "hf.login.throttle"],
    ["signin_log", "Sign-in log", "hf.security.log"],
    ["passkeys", "Passkeys", "hf.passkey"],
    ["devices", "Signed-in devices", "hf.session"],
    ["keys", "API keys", "res.users.apikeys"],
    ["sequences", "Numbering", "ir.sequence"],
    ["currencies", "Currencies", "res.currency"],
    ["countries", "Countries", "res.country"],
    ["mails", "Outgoing mail", "mail.mail"],
    ["mail_limits", "Mail limits", "mail.limits"],
    ["webhooks", "Webhooks", "hf.webhook"],
    ["webhook_messages", "Webhook messages", "hf.webhook.delivery"],
  ].map(
    ([key = "", label = "", model = ""], at): MenuItem => ({
      key: `settings.${key}`,
      label,
      parent: "settings",
      ...(model.startsWith("/") ? { page: model } : { model }),
      order: 10 * (at + 1),
      groups: ["base.admin"],
      ...(key === "blocks" ? { domain: [["blocked_until", "!=", false]] as const } : {}),
    }),
  ),
];

export const baseLists: readonly ListView[] = [
  ...administrationLists,
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
  simpleList("res.groups", ["name", "key", "second_factor"], "There are no groups."),
  {
    model: "hf.login.throttle",
    columns: [
      { field: "subject" },
      { field: "blocked_until" },
      { field: "failures" },
      { field: "last_at", minWidth: 600 },
    ],
    search: ["subject"],
    filters: [{ name: "blocked", label: "Blocked", domain: [["blocked_until", "!=", false]] }],
    empty: { sentence: "Nobody is blocked." },
  },
  {
    model: "hf.security.log",
    columns: [
      { field: "who" },
      { field: "event" },
      { field: "outcome", as: "badge" },
      { field: "at" },
      { field: "method", minWidth: 700 },
      { field: "source", minWidth: 800 },
      { field: "detail", minWidth: 1_000 },
    ],
    search: ["who", "source"],
    filters: [
      { name: "refused", label: "Refused", domain: [["outcome", "!=", "ok"]] },
      {
        name: "changes",
        label: "Changes",
        domain: [["event", "in", ["policy_changed", "access_changed", "provider_changed", "user_changed"]]],
      },
    ],
    groupBy: ["event", "who", "outcome"],
    empty: { sentence: "Nothing has happened yet." },
  },
  simpleList("hf.passkey", ["name", "user_id", "backed_up", "last_used_at"], "Nobody has a passkey yet."),
  simpleList("res.company", ["name", "city", "country_id", "currency_id"], "There is no company."),
  {
    model: "hf.signin.policy",
    columns: [
      { field: "name" },
      { field: "min_password_length", label: "Shortest password", minWidth: 500 },
      { field: "max_failures", label: "Failures allowed", minWidth: 700 },
      { field: "session_hours", label: "Session, hours", minWidth: 900 },
      { field: "sign_up", label: "Sign-up" },
    ],
    search: ["name"],
    empty: { sentence: "There is no policy." },
  },
  simpleList("mail.limits", ["name", "per_person", "together"], "The usual limits hold."),
  simpleList("hf.session", ["device", "user_id", "source", "seen_at"], "No device is signed in."),
  simpleList(
    "res.users.apikeys",
    ["name", "user_id", "prefix", "read_only", "last_used_at", "expires_at"],
    "There are no API keys.",
  ),
  simpleList("ir.sequence", ["name", "code", "prefix", "number_next"], "There is no numbering."),
  simpleList("res.currency", ["name", "full_name", "symbol", "decimal_places"], "There are no currencies."),
  simpleList("res.country", ["name", "code"], "There are no countries."),
  {
    ...simpleList(
      "hf.webhook",
      ["name", "res_model", "url", "user_id", "last_failure"],
      "No program is told of changes yet.",
    ),
    columns: [
      { field: "name" },
      { field: "state", as: "badge" },
      { field: "res_model" },
      { field: "url", minWidth: 700 },
      { field: "user_id", minWidth: 900 },
      { field: "last_failure", minWidth: 1_000 },
    ],
    empty: { sentence: "No program is told of changes yet.", button: "Add a webhook" },
    creatable: true,
  },
  {
    model: "hf.webhook.delivery",
    columns: [
      { field: "event" },
      { field: "hook_id" },
      { field: "state", as: "badge" },
      { field: "create_date", minWidth: 700 },
      { field: "attempts", minWidth: 900 },
      { field: "failure", minWidth: 900 },
    ],
    search: ["event", "hook_id"],
    filters: [
      { name: "dead", label: "Given up", domain: [["state", "=", "dead"]] },
      { name: "waiting", label: "Waiting", domain: [["state", "in", ["waiting", "sending"]]] },
    ],
    groupBy: ["hook_id", "state"],
    empty: { sentence: "No message was sent yet." },
  },
  simpleList(
    "mail.mail",
    ["subject", "email_to", "state", "create_date", "failure"],
    "No mail was written yet.",
  ),
];

export const baseForms: readonly FormView[] = [
  ...administrationForms,
  {
    model: "res.users",
    title: "name",
    buttons: [
      {
        method: "action_reset_password",
        label: "Mail a password link",
        confirm: "The user gets a mail with a link to choose a password.",
      },
      {
        method: "action_reset_factors",
        label: "Reset the second factor",
        confirm:
          "Passkeys, app and recovery codes of this user go, and sessions and API keys end. For who lost every device.",
      },
    ],
    sections: [
      { label: "Sign-in", fields: ["login", "email", "active"] },
      { label: "Work", fields: ["company_id", "company_ids", "lang", "tz"] },
    ],
    tabs: [{ label: "Rights", fields: ["groups_id"] }],
  },
  {
    model: "hf.security.log",
    title: "who",
    sections: [
      { label: "What happened", fields: ["event", "outcome", "at", "detail"] },
      { label: "By what, from where", fields: ["user_id", "method", "source", "device"] },
    ],
  },
  { model: "res.groups", title: "name", sections: [{ fields: ["key", "second_factor"] }] },
  {
    model: "hf.login.throttle",
    title: "subject",
    buttons: [{ method: "action_lift", label: "Lift the block" }],
    sections: [{ fields: ["failures", "window_start", "last_at", "blocked_until"] }],
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
    buttons: [{ method: "action_links", label: "Sign-ups under way" }],
    sections: [
      {
        label: "Passwords",
        fields: [
          "min_password_length",
          "min_password_length_factor",
          "pbkdf2_rounds",
          "reset_minutes",
          "blocked_words",
        ],
      },
      {
        label: "Attempts",
        fields: [
          "max_failures",
          "max_source_failures",
          "max_account_failures",
          "window_minutes",
          "cooldown_minutes",
        ],
      },
      { label: "Sessions", fields: ["session_idle_minutes", "session_hours"] },
      { label: "New people", fields: ["sign_up"] },
    ],
  },
  {
    model: "mail.limits",
    title: "name",
    sections: [{ label: "To addresses outside", fields: ["per_person", "together"] }],
  },
  {
    model: "ir.sequence",
    title: "name",
    sections: [{ fields: ["code", "prefix", "padding", "number_next"] }],
  },
  {
    model: "hf.webhook",
    title: "name",
    status: "state",
    buttons: [
      {
        method: "action_switch_on",
        label: "Switch on",
        primary: true,
        when: { field: "state", in: ["off"] },
      },
      { method: "action_switch_off", label: "Switch off", when: { field: "state", in: ["on"] } },
      {
        method: "action_new_secret",
        label: "New signing secret",
        when: { field: "state", in: ["on"] },
        confirm: "The present secret ends at once: the receiver refuses messages until it has the new one.",
      },
    ],
    sections: [
      { label: "Where to", fields: ["url", "user_id", "last_failure"] },
      { label: "Of what", fields: ["res_model", "on_create", "on_write", "on_unlink", "field_names"] },
    ],
  },
  {
    model: "hf.webhook.delivery",
    title: "event",
    status: "state",
    buttons: [
      {
        method: "action_retry",
        label: "Try again",
        primary: true,
        when: { field: "state", in: ["dead", "held"] },
      },
    ],
    sections: [
      { label: "Message", fields: ["hook_id", "message_id", "create_date"] },
      { label: "Delivery", fields: ["attempts", "next_attempt", "sent_at", "status", "failure"] },
    ],
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
