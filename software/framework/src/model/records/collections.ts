import { ExpectedError } from "@holdfast/kernel/errors";
import type { Model } from "../model.ts";
import type { Collection } from "./collection.ts";
import { type Commands, isIdle } from "./commands.ts";
import type { Context } from "./context.ts";
import { applyLines } from "./lines.ts";
import { applyPairs } from "./pairs.ts";

/** An order, its lines, their parts, and some more. */
export const maxCommandDepth = 8;

/**
 * Carries out the commands on the collections of some records, with the actor's own rights on the records
 * in them. The number of statements depends on the kinds of commands, not on how many records there are.
 */
export async function applyCollections(
  context: Context,
  model: Model,
  byOwner: ReadonlyMap<number, ReadonlyMap<string, Commands>>,
): Promise<void> {
  for (const [name, field] of Object.entries(model.fields)) {
    const commands = new Map<number, Commands>();
    for (const [owner, collections] of byOwner) {
      const own = collections.get(name);
      if (own !== undefined && !isIdle(own)) commands.set(owner, own);
    }
    if (commands.size > 0) await apply(deeper(context, model), model, { name, field, commands });
  }
}

/** Records inside records: commands come from outside, so their nesting has a maximum. */
function deeper(context: Context, model: Model): Context {
  if (context.depth < maxCommandDepth) return { ...context, depth: context.depth + 1 };
  throw new ExpectedError(
    "invalid",
    `Commands on "${model.label}" are nested more than ${maxCommandDepth} deep.`,
  );
}

function apply(context: Context, model: Model, collection: Collection): Promise<void> {
  return collection.field.kind === "one2many"
    ? applyLines(context, model, collection)
    : applyPairs(context, model, collection);
}
