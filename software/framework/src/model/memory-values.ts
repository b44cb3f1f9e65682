import type { Field, FieldKind } from "./field.ts";
import { foldText } from "./fold.ts";

/*
 * What values mean to the in-memory evaluator. Written apart from the parser and compiler on purpose:
 * see condition-memory.ts.
 */

/** Whether a stored or asked value means "not set" for a kind. */
export function unsetIn(kind: FieldKind, value: unknown): boolean {
  const textual = kind === "text" || kind === "longText" || kind === "html" || kind === "selection";
  return value === null || value === undefined || value === false || (textual && value === "");
}

/** `=`. */
export function equalsIn(field: Field, stored: unknown, asked: unknown): boolean {
  if (field.kind === "boolean") return (stored === true) === (asked === true);
  if (unsetIn(field.kind, asked)) return unsetIn(field.kind, stored);
  if (stored === null || stored === undefined) return false;
  if (field.kind === "datetime" && wholeDay(asked)) return dayOf(stored) === String(asked);
  return order(field, stored, asked) === 0;
}

/** `<`, `<=`, `>`, `>=`; what is not set has no order. */
export function comparesIn(field: Field, stored: unknown, operator: string, asked: unknown): boolean {
  if (stored === null || stored === undefined) return false;
  const byDay = field.kind === "datetime" && wholeDay(asked);
  const difference = byDay ? compareText(dayOf(stored), String(asked)) : order(field, stored, asked);
  if (difference === 0) return operator.endsWith("=");
  return operator.startsWith("<") === difference < 0;
}

/** `like` and its kin. */
export function matchesIn(stored: unknown, operator: string, asked: unknown): boolean {
  const whole = operator.startsWith("=");
  if (unsetIn("text", asked)) return !whole || unsetIn("text", stored);
  if (typeof stored !== "string") return false;
  const same = operator.endsWith("ilike") ? foldText : (text: string) => text;
  const pattern = piecesOf(same(String(asked)));
  return fits([...same(stored)], whole ? pattern : [anything, ...pattern, anything]);
}

const anything = Symbol("any text");
const oneLetter = Symbol("any one letter");
type Piece = string | typeof anything | typeof oneLetter;

function piecesOf(pattern: string): Piece[] {
  const letters = [...pattern];
  const pieces: Piece[] = [];
  while (letters.length > 0) {
    const letter = letters.shift() as string;
    if (letter === "\\") pieces.push(letters.shift() ?? "\\");
    else pieces.push(letter === "%" ? anything : letter === "_" ? oneLetter : letter);
  }
  return pieces;
}

/** Which ends of the pattern each beginning of the text can reach: no backtracking. */
function fits(text: readonly string[], pattern: readonly Piece[]): boolean {
  let reached = skipAnything(new Set([0]), pattern);
  for (const letter of text) {
    const next = new Set<number>();
    for (const at of reached) {
      const piece = pattern[at];
      if (piece === anything) next.add(at);
      else if (piece === oneLetter || piece === letter) next.add(at + 1);
    }
    reached = skipAnything(next, pattern);
  }
  return reached.has(pattern.length);
}

function skipAnything(reached: Set<number>, pattern: readonly Piece[]): Set<number> {
  for (const at of reached) if (pattern[at] === anything) reached.add(at + 1);
  return reached;
}

function order(field: Field, stored: unknown, asked: unknown): number {
  switch (field.kind) {
    case "integer":
    case "many2one":
      return Number(stored) - Number(asked);
    case "decimal":
    case "money":
      return compareBig(scaled(String(stored)), scaled(String(asked)));
    case "datetime":
      return Temporal.Instant.compare(moment(stored), moment(asked));
    default:
      return compareText(String(stored), String(asked));
  }
}

/** By code point, as PostgreSQL compares under collation C; UTF-16 would misplace what lies beyond the BMP. */
function compareText(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const places = 30;

/** `-1.5` or `1e-7` as a whole number of 10^-30. */
function scaled(digits: string): bigint {
  const [mantissa = "0", exponent = "0"] = digits.toLowerCase().split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  const shift = places - fraction.length + Number(exponent);
  return BigInt(`${whole}${fraction}`.replace("+", "")) * 10n ** BigInt(shift);
}

function compareBig(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function moment(value: unknown): Temporal.Instant {
  if (value instanceof Temporal.Instant) return value;
  const text = String(value).replace(" ", "T");
  return Temporal.Instant.from(
    /[Z+]|-\d\d:\d\d$/.test(text) ? text : `${text.includes("T") ? text : `${text}T00:00`}Z`,
  );
}

function dayOf(stored: unknown): string {
  return moment(stored).toString().slice(0, 10);
}

function wholeDay(value: unknown): boolean {
  return value instanceof Temporal.PlainDate || (typeof value === "string" && value.length === 10);
}
