import type { Field } from "../field.ts";
import type { Model } from "../model.ts";
import { type Commands, isIdle } from "./commands.ts";
import type { Context } from "./context.ts";
import { applyPairs } from "./pairs.ts";
import { applyLines } from "./lines.ts";

/** Commands on one field by the id of the record that has the field. */
export type CommandsByOwner = ReadonlyMap<number, Commands>;

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
    if (commands.size > 0) await apply(context, model, { name, field, commands });
  }
}

/** One collection field with what is to be done to it. */
export interface Collection {
  readonly name: string;
  readonly field: Field;
  readonly commands: CommandsByOwner;
}

function apply(context: Context, model: Model, collection: Collection): Promise<void> {
  return collection.field.kind === "one2many"
    ? applyLines(context, model, collection)
    : applyPairs(context, model, collection);
}

/** All of one kind of command with their owners. */
export function eachOf<K extends "create" | "update" | "remove" | "unlink" | "link">(
  commands: CommandsByOwner,
  kind: K,
): { readonly owner: number; readonly item: Commands[K][number] }[] {
  return [...commands].flatMap(([owner, own]) => (own[kind] as Commands[K][number][]).map((item) => ({ owner, item })));
}

/** Owners whose collection is to be emptied first. */
export function clearedOwners(commands: CommandsByOwner): number[] {
  return [...commands].filter(([, own]) => own.clear).map(([owner]) => owner);
}
