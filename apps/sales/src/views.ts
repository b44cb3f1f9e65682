import type { FormView, ListView, MenuItem } from "@holdfast/framework/views/view";

export const salesMenus: readonly MenuItem[] = [
  { key: "sales", label: "Sales", icon: "receipt-text", order: 20, model: "sale.order" },
  {
    key: "sales.quotations",
    label: "Quotations",
    parent: "sales",
    model: "sale.order",
    order: 10,
    domain: [["state", "in", ["draft", "sent"]]],
  },
  {
    key: "sales.orders",
    label: "Orders",
    parent: "sales",
    model: "sale.order",
    order: 20,
    domain: [["state", "=", "sale"]],
  },
  { key: "sales.all", label: "All", parent: "sales", model: "sale.order", order: 30 },
];

export const salesLists: readonly ListView[] = [
  {
    model: "sale.order",
    columns: [
      { field: "name" },
      { field: "partner_id", as: "avatar" },
      { field: "date_order", minWidth: 700 },
      { field: "validity_date", minWidth: 900 },
      { field: "user_id", minWidth: 900 },
      { field: "state", as: "badge" },
      { field: "amount_total", as: "money", sum: true },
    ],
    search: ["name", "partner_id", "user_id", "client_order_ref"],
    filters: [
      { name: "draft", label: "Quotations", domain: [["state", "=", "draft"]] },
      { name: "sent", label: "Sent", domain: [["state", "=", "sent"]] },
      { name: "sale", label: "Confirmed", domain: [["state", "=", "sale"]] },
      { name: "cancel", label: "Cancelled", domain: [["state", "=", "cancel"]] },
    ],
    groupBy: ["state", "partner_id", "partner_country_id", "user_id", "date_order:month"],
    empty: { sentence: "No quotations yet: write the first.", button: "New quotation" },
    creatable: true,
  },
  {
    model: "sale.order.line",
    columns: [
      { field: "order_id" },
      { field: "name" },
      { field: "product_uom_qty" },
      { field: "price_unit", as: "money" },
      { field: "price_subtotal", as: "money", sum: true },
    ],
    search: ["name", "order_id", "product_id"],
    groupBy: ["product_id", "order_id"],
    empty: { sentence: "Lines are written on quotations." },
  },
];

const inState = (...states: readonly string[]) => ({ field: "state", in: states });

export const salesForms: readonly FormView[] = [
  {
    model: "sale.order",
    title: "name",
    status: "state",
    buttons: [
      { method: "action_quotation_send", label: "Send", primary: true, when: inState("draft") },
      { method: "action_confirm", label: "Confirm", primary: true, when: inState("sent") },
      { method: "action_confirm", label: "Confirm", when: inState("draft") },
      { method: "action_quotation_send", label: "Send again", when: inState("sent") },
      {
        method: "action_share",
        label: "Share to read",
        when: inState("sent", "sale"),
        ask: [
          {
            name: "email",
            label: "Mail a link to",
            required: true,
            help: "Whoever has it can read this quotation, not accept it.",
          },
          {
            name: "days",
            label: "It works for",
            options: [
              ["7", "7 days"],
              ["30", "30 days"],
              ["90", "90 days"],
            ],
            value: "30",
          },
        ],
      },
      { method: "action_links", label: "Mailed links", when: inState("sent", "sale", "cancel") },
      { method: "action_draft", label: "Set back to quotation", when: inState("sent", "cancel") },
      {
        method: "action_cancel",
        label: "Cancel",
        when: inState("draft", "sent", "sale"),
        confirm: "Cancel this quotation?",
      },
    ],
    sections: [
      { label: "Customer", fields: ["partner_id", "partner_country_id", "client_order_ref", "user_id"] },
      { label: "Dates", fields: ["date_order", "validity_date", "signed_by", "signed_on"] },
    ],
    tabs: [
      {
        label: "Lines",
        lines: {
          field: "order_line",
          columns: [
            "product_id",
            "name",
            "product_uom_qty",
            "product_uom",
            "price_unit",
            "discount",
            "tax_id",
            "price_subtotal",
          ],
          totals: ["amount_untaxed", "amount_tax", "amount_total"],
          when: inState("draft", "sent"),
        },
      },
      { label: "Terms", fields: ["note"] },
      { label: "Other", fields: ["company_id", "currency_id"] },
    ],
    editable: {
      fields: ["partner_id", "company_id", "date_order", "validity_date", "note"],
      when: inState("draft", "sent"),
    },
  },
];
