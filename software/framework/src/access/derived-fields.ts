import type { Field } from "../model/field.ts";
import type { Model } from "../model/model.ts";
import type { Registry } from "../model/registry.ts";
import { isDerived } from "../model/storage.ts";

/** Whether the actor may read a stored field of a model that a path leads through. */
export type Told = (model: Model, field: Field) => boolean;

/**
 * Takes away what would tell more than the actor may read: a related field exists for those who may read the model
 * and the field of each step, a value worked out on reading for those who may read all that it is worked out from.
 *
 * @param fields - what the actor may read of the model by the permissions of its fields.
 */
export function toldFields(
  registry: Registry,
  model: Model,
  fields: ReadonlySet<string>,
  told: Told,
): ReadonlySet<string> {
  const derived = derivedOf(model);
  if (derived.length === 0) return fields;
  const kept = new Set(fields);
  for (const [name, { related }] of derived)
    if (related !== undefined && !isTold(registry, model, related.split("."), { fields, told }))
      kept.delete(name);
  for (const [name, { computed }] of derived)
    if (computed !== undefined && !Object.keys(computed.from).every((one) => kept.has(one)))
      kept.delete(name);
  return kept;
}

type Derived = readonly (readonly [string, Field])[];
const known = new WeakMap<Model, Derived>();

function derivedOf(model: Model): Derived {
  let derived = known.get(model);
  if (derived === undefined) {
    derived = Object.entries(model.fields).filter(([, field]) => isDerived(field));
    known.set(model, derived);
  }
  return derived;
}

/** The name that a record is shown by is a stored field: whoever may not read that has no name either. */
function isTold(
  registry: Registry,
  start: Model,
  path: readonly string[],
  { fields, told }: { readonly fields: ReadonlySet<string>; readonly told: Told },
): boolean {
  let model = start;
  return path.every((step, i) => {
    const name = step === "display_name" ? model.displayName : step;
    const field = registry.field(model, name);
    if (field === undefined) return false;
    const readable = i === 0 ? fields.has(name) : told(model, field);
    model = registry.models.get(field.target ?? "") ?? model;
    return readable;
  });
}
