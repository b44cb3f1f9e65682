import { ident, sql } from "../../sql/sql.ts";
import type { Model } from "../model.ts";
import { tableOf } from "../storage.ts";
import { markStale } from "./affected.ts";
import type { Context } from "./context.ts";
import { seesField, stillReferred } from "./guard-errors.ts";

/**
 * What deleting records does to the references that lead to them: they are unset, as a foreign key would. One statement
 * for each field that may refer to the model, none for models that no such field names. A record that goes by cascade,
 * or into the trash, leaves its reference behind: that reads as none, and leads there again when it is restored.
 *
 * Called once the records are gone: before, a refusal would tell of a record that is hidden from who deletes.
 *
 * @throws `conflict` when a required field refers to one of them.
 */
export async function unsetReferences(
  context: Context,
  model: Model,
  { ids, away }: { readonly ids: readonly number[]; readonly away: boolean },
): Promise<void> {
  for (const { owner, name, required, label } of referringTo(context, model)) {
    if (away && !required) continue;
    const texts = ids.map((id) => `${model.name},${id}`);
    const [table, column] = [ident(tableOf(owner)), ident(name)];
    const where = sql`${column} = ANY(${texts}::text[])`;
    const tuples = await context.statements.tuples(
      required
        ? sql`SELECT id FROM ${table} WHERE ${where} LIMIT 1`
        : sql`UPDATE ${table} SET ${column} = NULL WHERE ${where} RETURNING id`,
    );
    if (required && tuples.length > 0)
      throw stillReferred(seesField(context.gate, owner, name) ? { model: owner, label } : undefined);
    const changed = tuples.map((tuple) => tuple[0] as number);
    if (changed.length > 0) await markStale(context, owner, { ids: changed, fields: new Set([name]) });
  }
}

function referringTo({ registry }: Context, model: Model) {
  return [...registry.models.values()].flatMap((owner) =>
    Object.entries(owner.fields)
      .filter(([, field]) => field.targets?.includes(model.name))
      .map(([name, { required, label }]) => ({ owner, name, required, label })),
  );
}
