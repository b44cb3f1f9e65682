import { boolean, date, decimal, integer, many2one, text } from "@holdfast/framework/model/field";
import { defineModel } from "@holdfast/framework/model/model";

/** ISO 4217 knows of four at most. */
const maxDecimalPlaces = 4;

/** A currency of ISO 4217; its name is the code, as remote clients know it. */
export const currencyModel = defineModel({
  name: "res.currency",
  label: "Currency",
  displayName: "name",
  order: "name",
  searchFields: ["full_name"],
  fields: {
    name: text({ label: "Code", required: true, unique: true, maxLength: 3 }),
    full_name: text({ label: "Name", required: true }),
    symbol: text({ label: "Symbol", required: true, maxLength: 8 }),
    decimal_places: integer({ label: "Digits after the point", required: true, default: 2 }),
    active: boolean({ label: "Active", default: true }),
  },
  checks: [
    {
      fields: ["decimal_places"],
      violation: ({ decimal_places }) =>
        Number(decimal_places) >= 0 && Number(decimal_places) <= maxDecimalPlaces
          ? undefined
          : `A currency cannot have ${decimal_places} digits after the point: 0 to ${maxDecimalPlaces} are wanted.`,
    },
  ],
});

/** What one unit of a company's currency is worth in another from a day on. */
export const currencyRateModel = defineModel({
  name: "res.currency.rate",
  label: "Exchange rate",
  displayName: "label",
  order: "name desc",
  fields: {
    /** The day; remote clients know it as `name`. */
    name: date({ label: "From", required: true }),
    label: text({ label: "Label", required: true, default: "Rate" }),
    rate: decimal({ label: "Rate", required: true, scale: 12 }),
    currency_id: many2one("res.currency", {
      label: "Currency",
      required: true,
      onDelete: "cascade",
      index: true,
    }),
    company_id: many2one("res.company", { label: "Company", onDelete: "cascade" }),
  },
});

/** A language that people may choose. */
export const langModel = defineModel({
  name: "res.lang",
  label: "Language",
  displayName: "name",
  order: "name",
  fields: {
    name: text({ label: "Name", required: true }),
    /** `en_US`: as remote clients write it. */
    code: text({ label: "Code", required: true, unique: true, maxLength: 16 }),
    active: boolean({ label: "Active", default: true }),
  },
});

declare module "@holdfast/framework/model/domain-type" {
  interface ModelTypes {
    readonly "res.currency": typeof currencyModel;
    readonly "res.currency.rate": typeof currencyRateModel;
    readonly "res.lang": typeof langModel;
  }
}
