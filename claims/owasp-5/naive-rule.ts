import type { Registry } from "@holdfast/framework/model/registry";

/** A record as the database has it: many2one as an id, many2many as ids, one2many left out. */
export type NaiveRow = Readonly<Record<string, unknown>> & { readonly id: number };

/** All rows of all models, by model and id. */
export type NaiveWorld = ReadonlyMap<string, ReadonlyMap<number, NaiveRow>>;

/** One record, and who asks about it. */
export interface NaivePlace {
  readonly registry: Registry;
  readonly world: NaiveWorld;
  readonly model: string;
  readonly row: NaiveRow;
  /** What `actor.<name>` stands for: one value, several, or null. */
  actor(name: string): unknown;
}

const word =
  /\s*(\|\||&&|==|!=|<=|>=|[<>!()[\],]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|-?\d+(?:\.\d+)?|[\w.]+)\s*/y;
const orders = new Set(["==", "!=", "<", "<=", ">", ">="]);

/** What one side of a comparison stands for. */
interface Side {
  readonly values: readonly unknown[];
  /** Of the field that a path ends at; undefined for a value of the text, or of whoever asks. */
  readonly kind?: string;
  /** The word `null`. */
  readonly nothing?: true;
}

/**
 * Whether a record meets a rule. Reads the text and answers on the way, from left to right, for every operator that a
 * declared rule may have: `||`, `&&`, `!`, brackets, `==`, `!=`, `<`, `<=`, `>`, `>=`, `in` with a list, with several
 * values of whoever asks, and with a path through collections. Shares nothing with the product's own reader of rules.
 *
 * @throws Error where a text is none of this: then the claim says so, instead of passing.
 */
export function naiveMeets(rule: string, place: NaivePlace): boolean {
  const words = wordsOf(rule);
  const meets = either(words, place);
  if (words.length > 0)
    throw new Error(`the naive model does not understand "${words.join(" ")}" in "${rule}"`);
  return meets;
}

function wordsOf(rule: string): string[] {
  const words: string[] = [];
  for (let at = 0; at < rule.length; at = word.lastIndex) {
    word.lastIndex = at;
    const [, one] = word.exec(rule) ?? [];
    if (one === undefined) throw new Error(`the naive model cannot read "${rule.slice(at)}"`);
    words.push(one);
  }
  return words;
}

/** Both sides are read whatever the first one says, so that the text is used up. */
function either(words: string[], place: NaivePlace): boolean {
  let meets = both(words, place);
  while (words[0] === "||") {
    words.shift();
    const other = both(words, place);
    meets ||= other;
  }
  return meets;
}

function both(words: string[], place: NaivePlace): boolean {
  let meets = one(words, place);
  while (words[0] === "&&") {
    words.shift();
    const other = one(words, place);
    meets &&= other;
  }
  return meets;
}

function one(words: string[], place: NaivePlace): boolean {
  if (words[0] === "!") {
    words.shift();
    return !one(words, place);
  }
  if (words[0] === "(") {
    words.shift();
    const meets = either(words, place);
    if (words.shift() !== ")") throw new Error("the naive model misses a bracket");
    return meets;
  }
  const left = side(words, place);
  const operator = words[0] ?? "";
  if (operator !== "in" && !orders.has(operator)) return left.values.some((value) => value === true);
  words.shift();
  return compared(operator, left, side(words, place));
}

function side(words: string[], place: NaivePlace): Side {
  const text = words.shift() ?? "";
  if (text === "[") return list(words, place);
  if (text === "null") return { values: [], nothing: true };
  if (text === "true" || text === "false") return { values: [text === "true"] };
  if (/^["']/.test(text)) return { values: [unquoted(text)] };
  if (/^-?\d/.test(text)) return { values: [text] };
  if (text.startsWith("actor.")) return of(place.actor(text.slice("actor.".length)));
  return reached(text.split("."), place);
}

function list(words: string[], place: NaivePlace): Side {
  const values: unknown[] = [];
  while (words[0] !== "]") {
    if (words[0] === ",") words.shift();
    if (words.length === 0) throw new Error("the naive model misses the end of a list");
    values.push(...side(words, place).values);
  }
  words.shift();
  return { values };
}

function of(value: unknown): Side {
  if (Array.isArray(value)) return { values: value };
  return { values: value === null || value === undefined ? [] : [value] };
}

function unquoted(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/g, (_, letter: string) => ({ n: "\n", t: "\t" })[letter] ?? letter);
}

/** All values at the end of a path; what is not set, or an empty text, is none. */
function reached(steps: readonly string[], place: NaivePlace): Side {
  const { registry, world } = place;
  let [model, rows]: [string, readonly NaiveRow[]] = [place.model, [place.row]];
  for (const [at, step] of steps.entries()) {
    const declared = registry.models.get(model);
    const name = step === "display_name" ? (declared?.displayName ?? step) : step;
    const field = declared && registry.field(declared, name);
    if (field === undefined) throw new Error(`the naive model finds no "${step}" in "${model}"`);
    const target = field.target ?? "";
    const values = rows.flatMap((row) =>
      field.kind === "one2many"
        ? [...(world.get(target)?.values() ?? [])]
            .filter((line) => line[field.inverse ?? ""] === row.id)
            .map(({ id }) => id)
        : [row[name] ?? null].flat(),
    );
    if (at === steps.length - 1) {
      return { values: values.filter((value) => value !== null && value !== ""), kind: field.kind };
    }
    rows = values.flatMap((id) => world.get(target)?.get(Number(id)) ?? []);
    model = target;
  }
  return { values: [] };
}

/** A comparison with what is not set is false; `!=` is the complement of `==`; `null` alone asks for what is not set. */
function compared(operator: string, left: Side, right: Side): boolean {
  if (operator === "!=") return !compared("==", left, right);
  const kind = left.kind ?? right.kind;
  if (operator === "in" || kind !== "boolean") {
    if (right.nothing) return left.values.length === 0;
    if (left.nothing) return right.values.length === 0;
    return left.values.some((a) => right.values.some((b) => holds(operator, difference(a, b, kind))));
  }
  const [field, text] = left.kind === undefined ? [right, left] : [left, right];
  return text.nothing ? field.values.length === 0 : (field.values[0] === true) === text.values[0];
}

function holds(operator: string, difference: number): boolean {
  if (difference === 0) return ["in", "==", "<=", ">="].includes(operator);
  return operator.startsWith(difference < 0 ? "<" : ">");
}

function difference(a: unknown, b: unknown, kind: string | undefined): number {
  const [one, other] = [String(a), String(b)];
  if (kind === "datetime")
    return Temporal.Instant.compare(Temporal.Instant.from(one), Temporal.Instant.from(other));
  if (["integer", "many2one", "one2many", "many2many", "decimal", "money"].includes(kind ?? ""))
    return Number(one) - Number(other);
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
