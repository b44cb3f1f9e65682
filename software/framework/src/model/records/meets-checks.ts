import type { ColumnValue } from "../field-value.ts";
import type { Model } from "../model.ts";
import type { Context } from "./context.ts";
import { knownAs } from "./hand.ts";
import { readsPlain } from "./held-at-once.ts";
import { checksOf } from "./hold-guards.ts";

/**
 * Whether a record that is about to be stored is known to meet the checks that these fields touch. `false` also when
 * a check looks at more than what is known: then it has to be asked of the stored record.
 *
 * @param known - what its columns will hold.
 */
export function meetsChecks(
  context: Context,
  model: Model,
  { fields, known }: { readonly fields: readonly string[]; readonly known: ReadonlyMap<string, ColumnValue> },
): boolean {
  return checksOf(model, new Set(fields)).every((check) => {
    // An amount is rounded as it is stored: what it will be is not known here.
    if (check.fields.some((name) => model.fields[name]?.kind === "money")) return false;
    if (!readsPlain(model, check) || !check.fields.every((name) => known.has(name))) return false;
    const record = knownAs(model, known, check.fields);
    return record !== undefined && check.violation(record, context.registry) === undefined;
  });
}
