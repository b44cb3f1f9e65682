import { ident, type Sql, sql } from "../../sql/sql.ts";
import type { Field, RecordReference } from "../field.ts";
import { byTarget, idIn, readReference, targetsOf } from "../record-reference.ts";
import { tableOf } from "../storage.ts";
import type { Context } from "./context.ts";
import { all, column, nameOf, type Place, ruleTerms } from "./where.ts";

/**
 * The name of the record that a reference leads to, under its own model's right and rule: null where it is hidden or
 * gone, empty where it has no name or the actor may not read it.
 */
export function shownName(context: Context, field: Field, reference: Sql, place: Place): Sql {
  const cases = targetsOf(context.registry, field).flatMap((target) => {
    const access = context.gate.on(target, "read");
    if (!access.allowed) return [];
    const inner = { alias: place.aliases.next(), aliases: place.aliases };
    const own = sql`${column(inner.alias, "id")} = ${idIn(reference, target)}`;
    const name = access.fields.has(target.displayName)
      ? sql`COALESCE(${nameOf(inner, target)}, '')`
      : sql`''`;
    const from = sql`${ident(tableOf(target))} ${ident(inner.alias)}`;
    return [
      [
        target,
        sql`(SELECT ${name} FROM ${from} WHERE ${all([own, ...ruleTerms(access.rule, inner)])})`,
      ] as const,
    ];
  });
  return byTarget(reference, cases);
}

/** A reference as reads give it. */
export function recordOf(field: Field, text: unknown, name: unknown): RecordReference | null {
  const found = readReference(field, text);
  return found === undefined ? null : { ...found, displayName: (name as string | null) ?? "" };
}
