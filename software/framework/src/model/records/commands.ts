import { ExpectedError } from "@holdfast/kernel/errors";
import { maxRows } from "../environment.ts";
import type { FieldPlace } from "../field-value.ts";
import { isId } from "./context.ts";

type RecordValues = Readonly<Record<string, unknown>>;

/** What is to happen to one record's collection, sorted by kind. */
export interface Commands {
  /** What was there goes first: all of it, or all but the ids that `link` names. */
  readonly clear: boolean;
  readonly create: readonly RecordValues[];
  readonly update: readonly { readonly id: number; readonly values: RecordValues }[];
  readonly remove: readonly number[];
  readonly unlink: readonly number[];
  readonly link: readonly number[];
}

const code = { create: 0, update: 1, delete: 2, unlink: 3, link: 4, clear: 5, replace: 6 } as const;

/**
 * Reads the commands of the remote API: `[0,_,values]` create, `[1,id,values]` update, `[2,id]` delete,
 * `[3,id]` unlink, `[4,id]` link, `[5]` clear, `[6,_,ids]` replace. Unset (null, `false`) means none.
 *
 * @throws `invalid` on anything else, and on clear or replace that would undo commands before it.
 */
export function parseCommands(place: FieldPlace, input: unknown): Commands {
  if (input === null || input === undefined || input === false) return none;
  if (!Array.isArray(input) || input.length > maxRows)
    throw malformed(place, "a list of commands", "the value");
  const commands = { clear: false, create: [], update: [], remove: [], unlink: [], link: [] } as Mutable;
  for (const [i, command] of input.entries()) addCommand(place, commands, command, i);
  return commands;
}

/** Whether anything is to be done. */
export function isIdle(commands: Commands): boolean {
  const { create, update, remove, unlink, link } = commands;
  return !commands.clear && create.length + update.length + remove.length + unlink.length + link.length === 0;
}

interface Mutable {
  clear: boolean;
  create: RecordValues[];
  update: { id: number; values: RecordValues }[];
  remove: number[];
  unlink: number[];
  link: number[];
}

const none: Commands = { clear: false, create: [], update: [], remove: [], unlink: [], link: [] };

function addCommand(place: FieldPlace, commands: Mutable, command: unknown, at: number): void {
  const where = `command ${at + 1}`;
  if (!Array.isArray(command)) throw malformed(place, "a list such as [4, id]", where);
  const [kind, id, rest] = command as readonly unknown[];
  switch (kind) {
    case code.create:
      return void commands.create.push(valuesIn(place, rest, where));
    case code.update:
      return void commands.update.push({ id: idIn(place, id, where), values: valuesIn(place, rest, where) });
    case code.delete:
      return void commands.remove.push(idIn(place, id, where));
    case code.unlink:
      return void commands.unlink.push(idIn(place, id, where));
    case code.link:
      return void commands.link.push(idIn(place, id, where));
    case code.clear:
    case code.replace:
      if (at > 0) throw malformed(place, "clear and replace before all others", where);
      commands.clear = true;
      if (kind === code.replace) commands.link.push(...idsIn(place, rest, where));
      return;
    default:
      throw malformed(place, "a command from 0 to 6", where);
  }
}

function idIn(place: FieldPlace, id: unknown, where: string): number {
  if (isId(id)) return id;
  throw malformed(place, "the number of a record", where);
}

function idsIn(place: FieldPlace, ids: unknown, where: string): number[] {
  if (!Array.isArray(ids) || ids.length > maxRows)
    throw malformed(place, "a list of numbers of records", where);
  return ids.map((id) => idIn(place, id, where));
}

function valuesIn(place: FieldPlace, values: unknown, where: string): RecordValues {
  if (typeof values === "object" && values !== null && !Array.isArray(values)) return values as RecordValues;
  throw malformed(place, "values of a record", where);
}

function malformed({ model, field }: FieldPlace, wanted: string, where: string): ExpectedError {
  return new ExpectedError("invalid", `"${field.label}" of "${model.label}": ${where} is not ${wanted}.`, {
    hint: "Write commands as the manual of the remote API shows them.",
  });
}
