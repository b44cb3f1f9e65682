import { present } from "@holdfast/kernel/assert";
import { ident, type Sql, sql } from "../../sql/sql.ts";
import type { Field } from "../field.ts";
import type { Model } from "../model.ts";
import { tableOf } from "../storage.ts";
import { type Context, granted } from "./context.ts";
import { all, column, ownValue, type Place, ruleTerms } from "./where.ts";

/** A field where it is read. */
interface PlacedField {
  readonly name: string;
  readonly field: Field;
  readonly place: Place;
}

/**
 * A field's value as the statement's view has it: its column's, or of a related field what its path leads to, under
 * the right and the rule of each model on the way. A hidden record there is none, and the value not set.
 *
 * Whoever asks has made sure that the field exists for the actor: then every step of its path does.
 */
export function readValue(context: Context, model: Model, { name, field, place }: PlacedField): Sql {
  if (field.related === undefined) return ownValue(place, model, { name, field });
  const value = atPathEnd(context, model, field.related.split("."), place);
  return field.kind === "boolean" ? sql`COALESCE(${value}, false)` : value;
}

/** A subselect and no join: it stays one row, and PostgreSQL runs it after LIMIT. */
function atPathEnd(context: Context, model: Model, steps: readonly string[], place: Place): Sql {
  const [name = "", ...rest] = steps;
  const field = present(context.registry.field(model, name), `step "${name}" of a related field`);
  if (rest.length === 0) return ownValue(place, model, { name, field });
  const target = context.registry.model(field.target ?? "");
  const access = granted(context, target, "read");
  const inner = { ...place, alias: place.aliases.next() };
  const value = atPathEnd(context, target, rest, inner);
  const where = all([
    sql`${column(inner.alias, "id")} = ${column(place.alias, name)}`,
    ...ruleTerms(access.rule, inner),
  ]);
  return sql`(SELECT ${value} FROM ${ident(tableOf(target))} ${ident(inner.alias)} WHERE ${where})`;
}
