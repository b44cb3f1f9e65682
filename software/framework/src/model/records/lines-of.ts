import { present } from "@holdfast/kernel/assert";
import type { Model } from "../model.ts";
import type { Context } from "./context.ts";
import { read, searchRead } from "./read.ts";

/**
 * Reads the records of a one2many of some records, archived ones too, in no order. One statement; none for a compute
 * where this transaction made the records and all that leads to them.
 */
export function linesOf(
  context: Context,
  model: Model,
  {
    field: name,
    ids,
    fields,
  }: { readonly field: string; readonly ids: readonly number[]; readonly fields: readonly string[] },
): Promise<Record<string, unknown>[]> {
  const field = present(model.fields[name], `field "${name}" of "${model.name}"`);
  const target = context.registry.model(field.target ?? "");
  const inverse = field.inverse ?? "";
  const known =
    context.actor.kind === "system"
      ? context.unit?.hand.leadingTo({ model, ids }, { model: target, field: inverse })
      : undefined;
  return known === undefined
    ? searchRead(context, target, {
        domain: [[inverse, "in", ids]] as never,
        fields,
        options: { order: "id", activeOnly: false },
      })
    : read(context, target, { ids: known, fields });
}
