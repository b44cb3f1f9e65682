import { present } from "@holdfast/kernel/assert";
import { defaultContext } from "../default-context.ts";
import type { DefaultContext, Field } from "../field.ts";
import { type ColumnValue, columnValue } from "../field-value.ts";
import { viewOf } from "../keyed.ts";
import type { Model } from "../model.ts";
import { isDerived, isStored, isX2many } from "../storage.ts";
import { parseCommands } from "./commands.ts";
import type { Context } from "./context.ts";
import type { Prepared } from "./prepare.ts";
import { keptValue, requiredValue } from "./stored-value.ts";

/** What a required computed field holds until it is computed, in the same transaction. */
const placeholders: Readonly<Partial<Record<Field["kind"], ColumnValue>>> = {
  text: "",
  longText: "",
  html: "",
  integer: 0,
  decimal: "0",
  money: "0",
};

/** Fills every field of a new record that its caller left out. @throws `invalid` when a required one stays unset. */
export function withDefaults(context: Context, model: Model, prepared: Prepared): Prepared {
  const computed = computedFields(model);
  const moment = defaultContext(context.env);
  for (const [name, field] of Object.entries(model.fields)) {
    if (isDerived(field)) continue;
    if (isX2many(field.kind)) {
      if (!prepared.collections.has(name) && field.default !== undefined)
        prepared.collections.set(name, parseCommands({ model, name, field }, defaultOf(field, moment)));
    } else if (!prepared.columns.has(name)) {
      const value = columnValue({ model, name, field }, defaultOf(field, moment));
      const held = value === null && computed.has(name) ? (placeholders[field.kind] ?? null) : value;
      const kept = requiredValue({ model, name, field }, held);
      prepared.columns.set(name, keptValue(field, kept, viewOf(context.actor)));
    }
  }
  return prepared;
}

function defaultOf(field: Field, moment: DefaultContext): unknown {
  return typeof field.default === "function"
    ? (field.default as (at: DefaultContext) => unknown)(moment)
    : field.default;
}

function computedFields(model: Model): ReadonlySet<string> {
  const fields = (model.computes ?? []).flatMap((compute) => compute.fields);
  return new Set(fields.filter((name) => isStored(present(model.fields[name], `computed field "${name}"`))));
}
