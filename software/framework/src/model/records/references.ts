import { present } from "@holdfast/kernel/assert";
import { ident, type Sql, sql } from "../../sql/sql.ts";
import type { FieldKind } from "../field.ts";
import type { Model } from "../model.ts";
import { tableOf } from "../storage.ts";
import type { Context } from "./context.ts";
import { missingReference } from "./guard-errors.ts";
import { shownName } from "./shown-reference.ts";
import { all, column, type Place, ruleTerms } from "./where.ts";

/** Columns of a RETURNING that tell whether each new reference leads to what the actor may read. */
export interface ReferenceChecks {
  readonly columns: readonly Sql[];
  /** @throws `invalid` for the first field, as the model declares them, whose record is hidden or missing. */
  hold(tuples: readonly (readonly unknown[])[], start: number): void;
}

/**
 * Asks in the very statement that sets references: one answer for a hidden record and for one that is not
 * there, before anything else is done with them. The foreign keys themselves are asked at the commit.
 *
 * @param names - many2one fields that the caller set.
 */
export function referenceChecks(
  context: Context,
  model: Model,
  names: Iterable<string>,
  place: Place,
): ReferenceChecks {
  const set = new Set(names);
  const fields = Object.keys(model.fields).filter(
    (name) => set.has(name) && refers.has(model.fields[name]?.kind ?? "text"),
  );
  return {
    columns: fields.map((name) => sql`(${visible(context, model, name, place)})`),
    hold(tuples, start) {
      for (const [i, name] of fields.entries())
        if (tuples.some((tuple) => tuple[start + i] !== true))
          throw missingReference(model, present(model.fields[name], `field "${name}"`), { name });
    },
  };
}

const refers: ReadonlySet<FieldKind> = new Set(["many2one", "reference"]);

/** A target that the actor may not read is as good as none. */
function visible(context: Context, model: Model, name: string, place: Place): Sql {
  const field = present(model.fields[name], `field "${name}"`);
  const own = column(place.alias, name);
  if (field.kind === "reference")
    return sql`${own} IS NULL OR ${shownName(context, field, own, place)} IS NOT NULL`;
  const target = context.registry.model(field.target ?? "");
  const access = context.gate.on(target, "read");
  if (!access.allowed) return sql`${own} IS NULL`;
  const alias = place.aliases.next();
  const where = all([sql`${column(alias, "id")} = ${own}`, ...ruleTerms(access.rule, { ...place, alias })]);
  return sql`${own} IS NULL OR EXISTS (SELECT 1 FROM ${ident(tableOf(target))} ${ident(alias)} WHERE ${where})`;
}
