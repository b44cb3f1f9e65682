import { boolean, longText, many2one, one2many, text } from "@holdfast/framework/model/field";
import { defineModel } from "@holdfast/framework/model/model";

/** A company of this database; records that carry one are seen only by users who may work for it. */
export const companyModel = defineModel({
  name: "res.company",
  label: "Company",
  displayName: "name",
  order: "name",
  fields: {
    name: text({ label: "Name", required: true, unique: true }),
    currency_id: many2one("res.currency", { label: "Currency", required: true, onDelete: "restrict" }),
    email: text({ label: "Email", maxLength: 254 }),
    phone: text({ label: "Phone", maxLength: 64 }),
    website: text({ label: "Website", maxLength: 512 }),
    street: text({ label: "Street" }),
    street2: text({ label: "Street, second line" }),
    city: text({ label: "City" }),
    zip: text({ label: "Postal code", maxLength: 24 }),
    country_id: many2one("res.country", { label: "Country", onDelete: "restrict" }),
    vat: text({ label: "Tax number", maxLength: 32 }),
    document_note: longText({ label: "Words under every document" }),
    active: boolean({ label: "Active", default: true }),
  },
});

/** A country or territory of ISO 3166-1. */
export const countryModel = defineModel({
  name: "res.country",
  label: "Country",
  displayName: "name",
  order: "name",
  searchFields: ["code"],
  fields: {
    name: text({ label: "Name", required: true }),
    code: text({ label: "ISO code", required: true, unique: true, maxLength: 2 }),
    state_ids: one2many("res.country.state", "country_id", { label: "States" }),
  },
});

/** A part of a country that belongs into an address. */
export const countryStateModel = defineModel({
  name: "res.country.state",
  label: "State",
  displayName: "name",
  order: "name",
  searchFields: ["code"],
  fields: {
    name: text({ label: "Name", required: true }),
    code: text({ label: "Code", required: true, maxLength: 8 }),
    country_id: many2one("res.country", {
      label: "Country",
      required: true,
      index: true,
      onDelete: "cascade",
    }),
  },
});

declare module "@holdfast/framework/model/domain-type" {
  interface ModelTypes {
    readonly "res.company": typeof companyModel;
    readonly "res.country": typeof countryModel;
    readonly "res.country.state": typeof countryStateModel;
  }
}
