import { ExpectedError } from "@holdfast/kernel/errors";
import { isAutomatic } from "../automatic.ts";
import type { Field } from "../field.ts";
import type { ColumnValue } from "../field-value.ts";
import { viewOf } from "../keyed.ts";
import type { Model } from "../model.ts";
import { isDerived, isX2many } from "../storage.ts";
import { type Commands, parseCommands } from "./commands.ts";
import type { Context, Granted } from "./context.ts";
import { storedValue } from "./stored-value.ts";
import { knownField } from "./unknown-field.ts";

/** A caller's values, checked: what goes into columns, and what goes into other tables. */
export interface Prepared {
  readonly columns: Map<string, ColumnValue>;
  readonly collections: Map<string, Commands>;
}

/**
 * Checks the values of one record against its model and the actor's permissions.
 *
 * @param fixed - a field that our own code sets (the way back of a one2many): no permission is asked.
 * @throws `invalid` for a field that is not there, a value that does not fit, or an unset required one;
 *   `access_denied` for a field that callers may not write.
 */
export function prepare(
  context: Context,
  model: Model,
  values: Readonly<Record<string, unknown>>,
  { access, fixed }: { readonly access: Granted; readonly fixed?: string | undefined },
): Prepared {
  const prepared: Prepared = { columns: new Map(), collections: new Map() };
  if (typeof values !== "object" || values === null || Array.isArray(values))
    throw new ExpectedError(
      "invalid",
      `The values of "${model.label}" are an object with a value for each field.`,
    );
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const field =
      name === fixed ? (model.fields[name] as Field) : knownField(context, model, name, access.fields);
    if (name !== fixed) writable(context, model, name, field);
    if (isX2many(field.kind)) prepared.collections.set(name, parseCommands({ model, name, field }, value));
    else prepared.columns.set(name, storedValue({ model, name, field }, value, viewOf(context.actor)));
  }
  return prepared;
}

function writable(context: Context, model: Model, name: string, field: Field): void {
  if (isAutomatic(name) || isDerived(field) || (field.readonly && context.actor.kind !== "system"))
    throw new ExpectedError(
      "access_denied",
      `"${field.label}" of "${model.label}" cannot be set: it is kept by the software.`,
    );
}
