import * as fields from "../model/field.ts";
import { defineModel } from "../model/model.ts";
import type { App } from "../modules/app.ts";

/** What {@link kindsModel} refers to. */
export const kindsTarget = defineModel({
  name: "kinds.target",
  label: "Target",
  displayName: "name",
  order: "id",
  fields: {
    name: fields.text({ label: "Name" }),
    kinds_id: fields.many2one("kinds.all", { label: "Owner" }),
  },
});

/** One field of every kind. */
export const kindsModel = defineModel({
  name: "kinds.all",
  label: "All kinds",
  displayName: "a_text",
  order: "id",
  fields: {
    a_text: fields.text({ label: "Text" }),
    a_long: fields.longText({ label: "Long text" }),
    an_html: fields.html({ label: "Rich text" }),
    an_integer: fields.integer({ label: "Integer" }),
    a_decimal: fields.decimal({ label: "Decimal", scale: 4 }),
    an_amount: fields.money({ label: "Amount", currencyField: "a_target" }),
    a_boolean: fields.boolean({ label: "Boolean" }),
    a_date: fields.date({ label: "Date" }),
    a_datetime: fields.datetime({ label: "Moment" }),
    a_choice: fields.selection(
      [
        ["a", "A"],
        ["b", "B"],
      ],
      { label: "Choice" },
    ),
    a_record: fields.reference(["kinds.target"], { label: "Record" }),
    a_target: fields.many2one("kinds.target", { label: "Target" }),
    own_targets: fields.one2many("kinds.target", "kinds_id", { label: "Own targets" }),
    some_targets: fields.many2many("kinds.target", { label: "Some targets" }),
    a_json: fields.json({ label: "JSON" }),
  },
});

/** An app of these two, for tests of what has to work for every kind of field. */
export const kindsApp: App = {
  name: "kinds",
  label: "Kinds of fields",
  version: "0.1.0",
  depends: [],
  models: [kindsTarget, kindsModel],
};
