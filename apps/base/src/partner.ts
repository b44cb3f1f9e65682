import { messageMethods } from "@holdfast/framework/mail/message-methods";
import type { Environment } from "@holdfast/framework/model/environment";
import {
  boolean,
  computedFrom,
  datetime,
  longText,
  many2many,
  many2one,
  one2many,
  type ReadOf,
  selection,
  text,
} from "@holdfast/framework/model/field";
import { type Compute, defineModel } from "@holdfast/framework/model/model";

const addressFields = {
  street: text({ label: "Street" }),
  street2: text({ label: "Street, second line" }),
  city: text({ label: "City" }),
  zip: text({ label: "Postal code", maxLength: 24 }),
  state_id: many2one("res.country.state", { label: "State", onDelete: "restrict" }),
  country_id: many2one("res.country", { label: "Country", onDelete: "restrict" }),
};

/** A person or an organization: customer, supplier, employee, address. Names as remote clients know them. */
export const partnerModel = defineModel({
  name: "res.partner",
  label: "Contact",
  displayName: "complete_name",
  order: "complete_name, id",
  searchFields: ["email", "ref", "vat"],
  trash: true,
  fields: {
    name: text({ label: "Name", required: true, index: true }),
    /** Kept by {@link completeName}: what the contact is called where it stands alone. */
    complete_name: text({ label: "Full name", readonly: true, index: true, maxLength: 520 }),
    is_company: boolean({ label: "Is a company" }),
    parent_id: many2one("res.partner", {
      label: "Organization",
      help: "Where the person works, or whose address this is.",
      index: true,
      onDelete: "set null",
    }),
    child_ids: one2many("res.partner", "parent_id", { label: "People and addresses" }),
    type: selection(
      [
        ["contact", "Contact"],
        ["invoice", "Invoice address"],
        ["delivery", "Delivery address"],
        ["other", "Other address"],
      ],
      { label: "Kind of address", default: "contact" },
    ),
    function: text({ label: "Job position" }),
    email: text({ label: "Email", index: true, maxLength: 254 }),
    unsubscribed_at: datetime({
      label: "Unsubscribed",
      help: "Wants no mails since then. Only they can undo it, by the link at the foot of any mail they had.",
      readonly: true,
      copy: false,
    }),
    phone: text({ label: "Phone", maxLength: 64 }),
    website: text({ label: "Website", maxLength: 512 }),
    ...addressFields,
    contact_address: longText({
      label: "Whole address",
      help: "The lines of the address as an envelope has them.",
      computed: computedFrom(addressFields, addressLines),
    }),
    vat: text({ label: "Tax number", maxLength: 32, index: true }),
    ref: text({ label: "Reference", maxLength: 64, index: true }),
    lang: text({ label: "Language", maxLength: 16 }),
    tz: text({ label: "Time zone", maxLength: 64 }),
    category_id: many2many("res.partner.category", { label: "Tags" }),
    user_id: many2one("res.users", { label: "Salesperson", index: true }),
    company_id: many2one("res.company", {
      label: "Belongs to",
      help: "Empty: all companies of this database share the contact.",
      index: true,
      onDelete: "restrict",
    }),
    comment: longText({ label: "Notes" }),
    active: boolean({ label: "Active", default: true }),
  },
  computes: [
    {
      fields: ["complete_name"],
      dependsOn: ["name", "parent_id.name", "is_company"],
      beforehand: true,
      run: completeName,
    },
  ],
  checks: [
    {
      fields: ["email"],
      violation: (record) =>
        plausibleEmail(record["email"]) ? undefined : `"${record["email"]}" is not an email address.`,
    },
    {
      fields: ["website"],
      violation: (record) =>
        plausibleWebsite(record["website"])
          ? undefined
          : `"${record["website"]}" is not a web address: it begins with https:// or http://.`,
    },
  ],
  methods: messageMethods("res.partner"),
});

/** A tag on contacts. */
export const partnerCategoryModel = defineModel({
  name: "res.partner.category",
  label: "Contact tag",
  displayName: "name",
  order: "name",
  fields: {
    name: text({ label: "Name", required: true, unique: true, maxLength: 64 }),
    active: boolean({ label: "Active", default: true }),
  },
});

/** "Company, Person" for people of a company, the bare name for all others. */
async function completeName(env: Environment, ids: readonly number[]): ReturnType<Compute["run"]> {
  const partners = env.of(partnerModel);
  const rows = await partners.read(ids, ["name", "parent_id", "is_company"]);
  const parentIds = [...new Set(rows.flatMap((row) => (row.parent_id === null ? [] : [row.parent_id.id])))];
  const parents = parentIds.length === 0 ? [] : await partners.read(parentIds, ["name"]);
  const nameOf = new Map(parents.map((parent) => [parent.id, parent.name]));
  return new Map(
    rows.map((row) => {
      const company = row.is_company || row.parent_id === null ? undefined : nameOf.get(row.parent_id.id);
      return [row.id, { complete_name: company === undefined ? row.name : `${company}, ${row.name}` }];
    }),
  );
}

function plausibleEmail(value: unknown): boolean {
  return (
    value === null || value === undefined || value === "" || /^[^\s@<>"]+@[^\s@<>"]+$/.test(String(value))
  );
}

function plausibleWebsite(value: unknown): boolean {
  return (
    value === null || value === undefined || value === "" || /^https?:\/\/[^\s"<>]+$/i.test(String(value))
  );
}

declare module "@holdfast/framework/model/domain-type" {
  interface ModelTypes {
    readonly "res.partner": typeof partnerModel;
    readonly "res.partner.category": typeof partnerCategoryModel;
  }
}

type Address = { readonly [K in keyof typeof addressFields]: ReadOf<(typeof addressFields)[K]> };

/** Null where no line of the address is set. */
function addressLines({ street, street2, zip, city, state_id, country_id }: Address): string | null {
  const place = [zip, city].filter(Boolean).join(" ");
  const lines = [street, street2, place, state_id?.displayName, country_id?.displayName].filter(Boolean);
  return lines.length > 0 ? lines.join("\n") : null;
}
