import { ident, sql } from "../../sql/sql.ts";
import type { UnlinkOptions } from "../environment.ts";
import type { Model } from "../model.ts";
import { tableOf } from "../storage.ts";
import { putAway } from "../trash/put-away.ts";
import { markStale } from "./affected.ts";
import { type Context, distinctIds, granted } from "./context.ts";
import { askGuard } from "./guarded.ts";
import { refuseHidden } from "./hidden.ts";
import { refuseTooMany } from "./page.ts";
import { settling } from "./settle.ts";
import { unsetReferences } from "./unset-references.ts";
import { aliasesFor, all, column, ruleTerms } from "./where.ts";

/** How deep deletions are followed into what they take with them. */
const maxCascadeDepth = 16;

/**
 * Deletes records, all or none. What belongs to them (`onDelete: "cascade"`) goes with them. On a model with a trash
 * all of it lies there afterwards, unless they are to go for good.
 *
 * @throws `conflict` when other records still refer to one of them.
 */
export function unlink(
  context: Context,
  model: Model,
  ids: readonly number[],
  { forever = false }: UnlinkOptions = {},
): Promise<void> {
  return settling(context, async () => {
    const access = granted(context, model, "delete");
    const wanted = distinctIds(model, ids);
    if (wanted.length === 0) return;
    refuseTooMany(context, wanted);
    await askGuard(context, model, { operation: "delete", ids: wanted, fields: [] });
    await context.deleting?.(model, wanted);
    const away = model.trash === true && !forever;
    if (away) await putAway(context, model, wanted);
    const taken = await markDoomed(context, model, { ids: wanted, depth: 0 });
    const place = { alias: "t", aliases: aliasesFor(context) };
    const where = [sql`${column("t", "id")} = ANY(${wanted}::integer[])`, ...ruleTerms(access.rule, place)];
    context.unit?.changing();
    const gone = await context.statements.tuples(
      sql`DELETE FROM ${ident(tableOf(model))} "t" WHERE ${all(where)} RETURNING ${column("t", "id")}`,
    );
    context.unit?.forgetHeld();
    if (gone.length !== wanted.length) await refuseHidden(context, model, "delete", wanted);
    await unsetReferences(context, model, { ids: wanted, away });
    for (const one of taken) context.unit?.forget(one.model, one.ids);
  });
}

interface Doomed {
  readonly model: Model;
  readonly ids: readonly number[];
}

/** Marks what depends on the records while the way to it still exists; also on those that go with them. */
async function markDoomed(
  context: Context,
  model: Model,
  { ids, depth }: { readonly ids: readonly number[]; readonly depth: number },
): Promise<Doomed[]> {
  await markStale(context, model, { ids, fields: "all" });
  const taken: Doomed[] = [{ model, ids }];
  if (depth >= maxCascadeDepth) return taken;
  for (const { child, field } of cascades(context, model)) {
    const tuples = await context.statements.tuples(
      sql`SELECT id FROM ${ident(tableOf(child))} WHERE ${ident(field)} = ANY(${ids}::integer[])`,
    );
    const below = tuples.map((tuple) => tuple[0] as number);
    if (below.length > 0) taken.push(...(await markDoomed(context, child, { ids: below, depth: depth + 1 })));
  }
  return taken;
}

/** Models whose records go with those of `model`, as far as a computed value depends on them. */
function cascades(context: Context, model: Model): { readonly child: Model; readonly field: string }[] {
  return [...context.registry.models.values()]
    .filter((child) => context.triggers.on.has(child.name))
    .flatMap((child) =>
      Object.entries(child.fields)
        .filter(
          ([, field]) =>
            field.kind === "many2one" && field.target === model.name && field.onDelete === "cascade",
        )
        .map(([field]) => ({ child, field })),
    );
}
