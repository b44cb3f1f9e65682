import { boolean, decimal, many2one, selection, text } from "@holdfast/framework/model/field";
import { defineModel } from "@holdfast/framework/model/model";

/** A tax of so many percent on the net price. */
export const taxModel = defineModel({
  name: "account.tax",
  label: "Tax",
  displayName: "name",
  order: "name",
  fields: {
    name: text({ label: "Name", required: true }),
    amount: decimal({ label: "Percent", required: true, scale: 4, default: "0.0000" }),
    amount_type: selection([["percent", "Percentage of price"]], {
      label: "Computation",
      required: true,
      default: "percent",
    }),
    type_tax_use: selection(
      [
        ["sale", "Sales"],
        ["purchase", "Purchases"],
        ["none", "None"],
      ],
      { label: "Used on", required: true, default: "sale" },
    ),
    company_id: many2one("res.company", { label: "Belongs to", index: true, onDelete: "restrict" }),
    active: boolean({ label: "Active", default: true }),
  },
  checks: [
    {
      fields: ["amount"],
      violation: ({ amount }) =>
        Math.abs(Number(amount)) <= 1000 ? undefined : `A tax of ${amount} percent cannot be meant.`,
    },
  ],
});

/** What things are counted in. */
export const uomModel = defineModel({
  name: "uom.uom",
  label: "Unit of measure",
  displayName: "name",
  order: "name",
  fields: {
    name: text({ label: "Name", required: true, unique: true, maxLength: 64 }),
    active: boolean({ label: "Active", default: true }),
  },
});

declare module "@holdfast/framework/model/domain-type" {
  interface ModelTypes {
    readonly "account.tax": typeof taxModel;
    readonly "uom.uom": typeof uomModel;
  }
}
