import { joinSql, literal, type Sql, sql } from "../sql/sql.ts";
import type { Field } from "./field.ts";
import type { Model } from "./model.ts";
import type { Registry } from "./registry.ts";

/** Largest text of a reference: a model's name, a comma, a number. */
export const maxReferenceCharacters = 128;
const form = /^([a-z][a-z0-9_.]{0,63}),([1-9]\d{0,9})$/;
const maxId = 2_147_483_647;

/** `res.partner,7` taken apart; undefined when it is none, or names a model that the field does not lead to. */
export function readReference(
  field: Field,
  text: unknown,
): { readonly model: string; readonly id: number } | undefined {
  const [, model = "", digits = ""] = typeof text === "string" ? (form.exec(text) ?? []) : [];
  const id = Number(digits);
  return field.targets?.includes(model) && id > 0 && id <= maxId ? { model, id } : undefined;
}

/** Models that the field leads to. */
export function targetsOf(registry: Registry, field: Field): Model[] {
  return (field.targets ?? []).map((name) => registry.model(name));
}

/** The id in a reference to a record of `target`; null in every other. */
export function idIn(reference: Sql, target: Model): Sql {
  return sql`CASE WHEN split_part(${reference}, ',', 1) = ${literal(target.name)} THEN split_part(${reference}, ',', 2)::integer END`;
}

/** One value for each target, of which only that of the record's own model is worked out; null where none is given. */
export function byTarget(reference: Sql, cases: readonly (readonly [Model, Sql])[]): Sql {
  if (cases.length === 0) return sql`NULL::text`;
  const when = cases.map(([target, value]) => sql`WHEN ${literal(target.name)} THEN ${value}`);
  return sql`CASE split_part(${reference}, ',', 1) ${joinSql(when, " ")} END`;
}
