/** Generated from /openapi.json: what one key may see and do. Do not edit. */
import type { Choice, Decimal, Flag, Integer, Many, One, Text, When } from "@holdfast/client/field-types";

export type CompanyModels = {
  readonly "res.partner": {
    readonly fields: {
      readonly id: Integer<"readonly", true>;
      readonly display_name: Text<"readonly", true>;
      readonly create_uid: One<"res.users", "readonly", false>;
      readonly create_date: When<"readonly", true>;
      readonly write_uid: One<"res.users", "readonly", false>;
      readonly write_date: When<"readonly", true>;
      readonly name: Text<"required", true>;
      readonly complete_name: Text<"readonly", false>;
      readonly is_company: Flag<"optional">;
      readonly parent_id: One<"res.partner", "optional", false>;
      readonly child_ids: Many<"res.partner", "optional">;
      readonly type: Choice<"contact" | "invoice" | "delivery" | "other", "optional", false>;
      readonly function: Text<"optional", false>;
      readonly email: Text<"optional", false>;
      readonly unsubscribed_at: When<"readonly", false>;
      readonly phone: Text<"optional", false>;
      readonly website: Text<"optional", false>;
      readonly street: Text<"optional", false>;
      readonly street2: Text<"optional", false>;
      readonly city: Text<"optional", false>;
      readonly zip: Text<"optional", false>;
      readonly state_id: One<"res.country.state", "optional", false>;
      readonly country_id: One<"res.country", "optional", false>;
      readonly contact_address: Text<"readonly", false>;
      readonly vat: Text<"optional", false>;
      readonly ref: Text<"optional", false>;
      readonly lang: Text<"optional", false>;
      readonly tz: Text<"optional", false>;
      readonly category_id: Many<"res.partner.category", "optional">;
      readonly user_id: One<"res.users", "optional", false>;
      readonly company_id: One<"res.company", "optional", false>;
      readonly comment: Text<"optional", false>;
      readonly active: Flag<"optional">;
    };
    readonly methods: {
      readonly message_post: "records";
      readonly action_erase: "records";
    };
  };
  readonly "sale.order": {
    readonly fields: {
      readonly id: Integer<"readonly", true>;
      readonly display_name: Text<"readonly", true>;
      readonly create_uid: One<"res.users", "readonly", false>;
      readonly create_date: When<"readonly", true>;
      readonly write_uid: One<"res.users", "readonly", false>;
      readonly write_date: When<"readonly", true>;
      readonly name: Text<"readonly", false>;
      readonly partner_id: One<"res.partner", "required", true>;
      readonly partner_country_id: One<"res.country", "readonly", false>;
      readonly date_order: When<"optional", true>;
      readonly validity_date: When<"optional", false>;
      readonly state: Choice<"draft" | "sent" | "sale" | "cancel", "readonly", true>;
      readonly order_line: Many<"sale.order.line", "optional">;
      readonly currency_id: One<"res.currency", "readonly", false>;
      readonly amount_untaxed: Decimal<"readonly", false>;
      readonly amount_tax: Decimal<"readonly", false>;
      readonly amount_total: Decimal<"readonly", false>;
      readonly user_id: One<"res.users", "optional", false>;
      readonly company_id: One<"res.company", "optional", true>;
      readonly client_order_ref: Text<"optional", false>;
      readonly note: Text<"optional", false>;
      readonly signed_by: Text<"readonly", false>;
      readonly signed_on: When<"readonly", false>;
    };
    readonly methods: {
      readonly message_post: "records";
      readonly action_quotation_send: "records";
      readonly action_links: "records";
      readonly action_share: "records";
      readonly action_confirm: "records";
      readonly action_cancel: "records";
      readonly action_draft: "records";
    };
  };
  readonly "sale.order.line": {
    readonly fields: {
      readonly id: Integer<"readonly", true>;
      readonly display_name: Text<"readonly", true>;
      readonly create_uid: One<"res.users", "readonly", false>;
      readonly create_date: When<"readonly", true>;
      readonly write_uid: One<"res.users", "readonly", false>;
      readonly write_date: When<"readonly", true>;
      readonly order_id: One<"sale.order", "required", true>;
      readonly sequence: Integer<"optional", true>;
      readonly product_id: One<"product.product", "optional", false>;
      readonly name: Text<"optional", false>;
      readonly product_uom_qty: Decimal<"optional", true>;
      readonly product_uom: One<"uom.uom", "optional", false>;
      readonly price_unit: Decimal<"optional", false>;
      readonly discount: Decimal<"optional", true>;
      readonly tax_id: Many<"account.tax", "optional">;
      readonly currency_id: One<"res.currency", "readonly", false>;
      readonly price_subtotal: Decimal<"readonly", false>;
      readonly price_tax: Decimal<"readonly", false>;
      readonly price_total: Decimal<"readonly", false>;
    };
    readonly methods: Readonly<Record<never, "records">>;
  };
};
