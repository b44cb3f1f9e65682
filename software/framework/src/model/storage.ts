import { createHash } from "node:crypto";
import type { Field, FieldKind } from "./field.ts";
import type { Model, SqlConstraint } from "./model.ts";

/** PostgreSQL cuts longer names. */
const maxNameBytes = 63;

/** The table of a model: `res.partner` → `res_partner`. */
export function tableOf(model: Model): string {
  return shortName(model.name.replaceAll(".", "_"));
}

/** The column of a stored or automatic field. `display_name` has none of its own: it is the field that names a record. */
export function columnOf(model: Model, field: string): string {
  return field === "display_name" ? model.displayName : field;
}

/** The table of pairs of a many2many, with the columns `left_id` (this model) and `right_id` (the target). */
export function pairTableOf(model: Model, field: string): string {
  return shortName(`rel_${model.name.replaceAll(".", "_")}_${field}`);
}

/** Whether a field has a column of its own; x2many live in other tables, derived ones nowhere. */
export function isStored(field: Field): boolean {
  return !isX2many(field.kind) && !isDerived(field);
}

/** Whether a field's value is found on reading: at the end of a path, or worked out from others. */
export function isDerived({ related, computed }: Field): boolean {
  return related !== undefined || computed !== undefined;
}

/** Whether values of this kind are rows of other tables. */
export function isX2many(kind: FieldKind): boolean {
  return kind === "one2many" || kind === "many2many";
}

/** The name of a model's own constraint: of a check it changes with the text, so that a changed one is made anew. */
export function constraintName(model: Model, constraint: SqlConstraint): string {
  const table = tableOf(model);
  if ("unique" in constraint) return shortName(`${table}_${constraint.unique.join("_")}_key`);
  const digest = createHash("sha256").update(constraint.check).digest("hex").slice(0, 8);
  return shortName(`${table}_${digest}_check`);
}

/** A name that fits: cut, and made unique again by a digest, when longer than PostgreSQL allows. */
export function shortName(name: string): string {
  if (name.length <= maxNameBytes) return name;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return `${name.slice(0, maxNameBytes - 9)}_${digest}`;
}
