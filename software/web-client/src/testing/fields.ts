import type { FieldDescriptions, FieldType } from "../wire/shapes.ts";

/** Descriptions of one field of each type, as tests of pure logic need them. */
export const testFields: FieldDescriptions = Object.fromEntries(
  (
    [
      ["name", "char", "Name", { required: true }],
      ["email", "char", "Email", {}],
      ["note", "text", "Notes", {}],
      ["is_company", "boolean", "Is a company", {}],
      ["active", "boolean", "Active", {}],
      [
        "state",
        "selection",
        "State",
        {
          selection: [
            ["draft", "Quotation"],
            ["sale", "Sale order"],
          ],
        },
      ],
      ["country_id", "many2one", "Country", { relation: "res.country" }],
      ["tag_ids", "many2many", "Tags", { relation: "res.tag" }],
      ["line_ids", "one2many", "Lines", { relation: "order.line", relation_field: "order_id" }],
      ["quantity", "float", "Quantity", { digits: [16, 3] }],
      ["price", "monetary", "Price", { currency_field: "currency_id" }],
      ["subtotal", "monetary", "Subtotal", { readonly: true }],
      ["count", "integer", "Count", {}],
      ["day", "date", "Day", {}],
      ["seen", "datetime", "Last seen", {}],
    ] as const satisfies readonly (readonly [string, FieldType, string, object])[]
  ).map(([name, type, string, rest]) => [name, { name, type, string, ...rest }]),
);
