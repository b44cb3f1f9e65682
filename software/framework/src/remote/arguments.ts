import { ExpectedError } from "@holdfast/kernel/errors";
import { z } from "zod";

/** Most records that one call names. */
export const maxIds = 10_000;
/** Field names as callers give them; `false` and `null` stand for "not given". */
export const fieldNames = z.preprocess(
  (value) => (value === false || value === null ? undefined : value),
  z.array(z.string().max(128)).max(1_000).optional(),
);
/** A domain; its own parser says what is wrong inside. */
export const domainArgument = z.preprocess(
  (value) => (value === false || value === null || value === undefined ? [] : value),
  z.array(z.unknown()).max(10_000),
);
/** A number of rows, or not given. */
export const rowCount = z.preprocess(
  (value) => (value === false || value === null ? undefined : value),
  z.int().min(0).max(1_000_000_000).optional(),
);
/** A text, or not given. */
export const optionalText = z.preprocess(
  (value) => (value === false || value === null ? undefined : value),
  z.string().max(4_096).optional(),
);

/**
 * Puts positional and named arguments together, as the established API does: the schema's keys are the
 * parameters, in order.
 *
 * @throws `bad_request` that names the first argument that is unknown, given twice, missing or of a wrong kind.
 */
export function namedArguments<S extends z.ZodObject>(
  schema: S,
  positional: readonly unknown[],
  named: Readonly<Record<string, unknown>>,
): z.output<S> {
  const names = Object.keys(schema.shape);
  if (positional.length > names.length)
    throw bad(`There are ${positional.length} arguments: at most ${names.length} are taken.`);
  const given: Record<string, unknown> = {};
  for (const [at, value] of positional.entries()) given[names[at] as string] = value;
  for (const [name, value] of Object.entries(named)) {
    if (!names.includes(name)) throw bad(`There is no argument "${shown(name)}".`);
    if (Object.hasOwn(given, name)) throw bad(`The argument "${name}" is given twice.`);
    given[name] = value;
  }
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw bad(`The argument "${issue?.path.map(String).join(".")}" is not right: ${issue?.message}.`);
}

/** Ids as the first argument of a method on records: a list, or one id. @throws `bad_request`. */
export function readIds(value: unknown): number[] {
  const list = typeof value === "number" ? [value] : value;
  if (!Array.isArray(list) || list.length > maxIds)
    throw bad(`The ids are not a list of at most ${maxIds} ids.`);
  const at = list.findIndex((id) => !Number.isInteger(id));
  if (at >= 0) throw bad(`The ids are not all whole numbers: ids[${at}] is none.`);
  return list as number[];
}

/** @returns the value as an own-property object. @throws `bad_request`. */
export function readObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw bad(`The ${what} are not an object.`);
}

/** A call that is wrong in form: the established API's `TypeError`. */
export function bad(message: string): ExpectedError {
  return new ExpectedError("bad_request", message);
}

/** A caller's name in a message, cut and without control characters. */
export function shown(name: unknown): string {
  return String(name)
    .toWellFormed()
    .replace(/[\u0000-\u001f\u007f]/g, "?")
    .slice(0, 64);
}
