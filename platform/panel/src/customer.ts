import { datetime, many2one, one2many, selection, text } from "@holdfast/framework/model/field";
import { defineModel } from "@holdfast/framework/model/model";

/** What a customer pays for; the order in which a lost data center is recovered. Source: claim DR-2. */
export const plans = [
  ["free", "Free"],
  ["trial", "Trial"],
  ["education", "Education"],
  ["paid", "Paid"],
] as const;

/** Whoever has databases here. Its name is the host name of its first database. */
export const Customer = defineModel({
  name: "platform.customer",
  label: "Customer",
  displayName: "name",
  order: "name",
  searchFields: ["email"],
  fields: {
    name: text({
      label: "Name",
      required: true,
      unique: true,
      maxLength: 40,
      help: "Small letters, digits and hyphens: it becomes the host name.",
    }),
    email: text({
      label: "Administrator's e-mail",
      required: true,
      maxLength: 254,
      help: "Signs in with it; the invitation goes there.",
    }),
    plan: selection(plans, { label: "Plan", required: true, default: "trial" }),
    state: selection(
      [
        ["draft", "New"],
        ["active", "Active"],
        ["deleted", "Deleted"],
      ],
      { label: "State", required: true, default: "draft", readonly: true, copy: false },
    ),
    /** While it is set no backup of the customer is deleted, whatever the plan says. */
    held_since: datetime({ label: "Legal hold since", readonly: true, copy: false }),
    hold_reason: text({ label: "Reason of the hold", maxLength: 500, readonly: true, copy: false }),
    database_ids: one2many("platform.database", "customer_id", { label: "Databases", readonly: true }),
    operation_id: many2one("platform.operation", { label: "Last operation", readonly: true, copy: false }),
  },
  checks: [
    {
      fields: ["name"],
      violation: (record) =>
        isCustomerName(String(record["name"]))
          ? undefined
          : `"${String(record["name"])}" cannot be a host name: use 1 to 40 small letters, digits or inner hyphens, beginning with a letter`,
    },
    {
      fields: ["email"],
      violation: (record) =>
        /^[^\s@]+@[^\s@]+$/.test(String(record["email"]))
          ? undefined
          : `"${String(record["email"])}" is no e-mail address`,
    },
    {
      fields: ["name", "email"],
      violation: (record) =>
        String(record["name"]).includes(copyMark) || record["name"] === "xn"
          ? `"${String(record["name"])}" cannot be a customer's name: two hyphens are kept for copies on the side`
          : undefined,
    },
    {
      fields: ["name"],
      violation: (record) =>
        isProbeName(String(record["name"])) && record["email"] !== probeEmail
          ? `"${String(record["name"])}" is kept for probes of the promises: choose another name`
          : undefined,
    },
  ],
});

/** Names that a host under the installation's domain may not take. */
const reservedNames = new Set(["panel", "www", "mail", "api", "control", "localhost", "trust", "status"]);
const nameShape = /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

/** The login of databases that only probes and saboteurs make. */
export const probeEmail = "probe@holdfast.invalid";

/**
 * Whether a name is of the probes' own databases: the canary, in which they write; saboteurs' scratch, which
 * is measured only when a saboteur is judged; drills' copies. No customer's may be called so, else it would
 * be left out of the measurements, or swept.
 */
export function isProbeName(name: string): boolean {
  return /^(?:canary$|scratch-|drill-)/.test(name);
}

/** Whether a customer or a copy may be called so. */
export function isCustomerName(name: string): boolean {
  return nameShape.test(name) && !reservedNames.has(name);
}

/** Between a customer's name and what its copies are called: no customer is called so, so that nobody takes another's. */
export const copyMark = "--";

declare module "@holdfast/framework/model/domain-type" {
  interface ModelTypes {
    readonly "platform.customer": typeof Customer;
  }
}
