import type { Field } from "../field.ts";
import type { Commands } from "./commands.ts";

/** Commands on one field by the id of the record that has the field. */
export type CommandsByOwner = ReadonlyMap<number, Commands>;

/** One collection field with what is to be done to it. */
export interface Collection {
  readonly name: string;
  readonly field: Field;
  readonly commands: CommandsByOwner;
}

/** All of one kind of command with their owners. */
export function eachOf<K extends "create" | "update" | "remove" | "unlink" | "link">(
  commands: CommandsByOwner,
  kind: K,
): { readonly owner: number; readonly item: Commands[K][number] }[] {
  return [...commands].flatMap(([owner, own]) =>
    (own[kind] as Commands[K][number][]).map((item) => ({ owner, item })),
  );
}

/** Owners whose collection is to be emptied first. */
export function clearedOwners(commands: CommandsByOwner): number[] {
  return [...commands].filter(([, own]) => own.clear).map(([owner]) => owner);
}
