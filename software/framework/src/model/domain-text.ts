import { always, type Condition, type FieldRef } from "./condition.ts";
import { type TermReader, type TextOperator, textKinds, wrongOperator } from "./domain-reader.ts";
import { readText } from "./domain-value.ts";

/** A pattern on a text field; `like` and `ilike` look anywhere in it, and find everything when empty. */
export function textTerm(
  at: FieldRef,
  operator: TextOperator,
  value: unknown,
  reader: TermReader,
): Condition {
  if (!textKinds.has(at.field.kind)) throw wrongOperator(at, operator, reader);
  const exact = operator.startsWith("=");
  if (isEmpty(value)) return exact ? { kind: "unset", at } : always;
  const text = closeEscape(readText(typeof value === "number" ? String(value) : value, reader.place));
  return { kind: "like", at, pattern: exact ? text : `%${text}%`, fold: operator.endsWith("ilike") };
}

/** A text that a pattern matches literally: for what a person typed into a search box. */
export function escapePattern(text: string): string {
  return text.replace(/[\\%_]/g, "\\$&");
}

/** A backslash at the very end escapes nothing: PostgreSQL refuses it, so it stands for itself. */
function closeEscape(pattern: string): string {
  const trailing = /\\*$/.exec(pattern)?.[0].length ?? 0;
  return trailing % 2 === 1 ? `${pattern}\\` : pattern;
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === false || value === "";
}
