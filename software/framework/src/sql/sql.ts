import { assert } from "@holdfast/kernel/assert";

/**
 * A piece of a statement. Made only by {@link sql}, {@link ident}, {@link literal} and {@link joinSql}, so
 * that text from outside can enter a statement as a parameter and in no other way.
 */
class SqlNode {
  readonly strings: readonly string[];
  readonly holes: readonly unknown[];
  /** A statement that is kept is put together once. */
  compiled: CompiledSql | undefined;
  /** See {@link steady}. */
  steady: boolean;

  constructor(strings: readonly string[], holes: readonly unknown[]) {
    this.strings = strings;
    this.holes = holes;
    this.compiled = undefined;
    this.steady = false;
  }
}

export type Sql = SqlNode;

/** What the driver sends: text with `$1`…, and the values. */
export interface CompiledSql {
  readonly text: string;
  readonly values: readonly unknown[];
}

const identifier = /^[a-z_][a-z0-9_]{0,62}$/;
/** PostgreSQL's protocol counts parameters in 16 bits. */
export const maxParameters = 65_535;

/**
 * Writes a statement: a hole that is {@link Sql} is spliced in, anything else becomes a parameter.
 *
 * Parameters may be text, numbers, bigints, booleans, null, bytes, Temporal values and arrays of these
 * (for `= ANY(${ids}::integer[])`); JSON goes in as text with a cast.
 */
export function sql(strings: TemplateStringsArray, ...holes: readonly unknown[]): Sql {
  return new SqlNode(strings, holes);
}

/** A quoted name of a table, column, alias or role. Lower case, digits and underscores, at most 63. */
export function ident(name: string): Sql {
  assert(identifier.test(name), `"${name}" is a name for PostgreSQL`);
  return new SqlNode([`"${name}"`], []);
}

/**
 * A constant written into the text, where PostgreSQL takes no parameter (DDL) or plans badly with one:
 * a `LIMIT $1` in a statement that is prepared by name goes generic after five calls (0.7 → 5.7 ms measured).
 */
export function literal(value: number | string | boolean): Sql {
  if (typeof value === "number") {
    assert(Number.isSafeInteger(value), "a literal number is whole");
    return new SqlNode([String(value)], []);
  }
  if (typeof value === "boolean") return new SqlNode([value ? "true" : "false"], []);
  assert(!value.includes("\0") && value.isWellFormed(), "a literal text is one that PostgreSQL can hold");
  return new SqlNode([`'${value.replaceAll("'", "''")}'`], []);
}

/** Text of our own code as it is: types, generated DDL. Never with anything from outside; counted by tidy. */
export function trusted(text: string): Sql {
  return new SqlNode([text], []);
}

/** Nothing at all: spliced, it leaves no trace. */
export const emptySql: Sql = new SqlNode([""], []);

/**
 * Marks a statement whose plan is good whatever its parameters are, such as one by key: where it comes often,
 * PostgreSQL plans it once a connection.
 */
export function steady(statement: Sql, really = true): Sql {
  statement.steady = really;
  return statement;
}

/** A place for a value that is filled in later: see {@link filled}. */
class SqlSlot {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** A parameter whose value is given with each use of a statement that is kept. */
export function slot(name: string): unknown {
  return new SqlSlot(name);
}

/** A kept statement with these values in its slots. Nothing of its text is put together again. */
export function filled(statement: Sql, given: ReadonlyMap<string, unknown>): Sql {
  const { text, values } = compile(statement);
  const whole = new SqlNode(statement.strings, statement.holes);
  whole.steady = statement.steady;
  whole.compiled = {
    text,
    values: values.map((value) => (value instanceof SqlSlot ? parameter(given.get(value.name)) : value)),
  };
  return whole;
}

/** Strings a list together. An empty list gives an empty piece: callers decide what that means. */
export function joinSql(
  items: readonly Sql[],
  separator: ", " | " AND " | " OR " | " UNION ALL " | " UNION " | "; " | " " = ", ",
): Sql {
  if (items.length === 0) return emptySql;
  const strings = new Array<string>(items.length + 1).fill(separator);
  strings[0] = "";
  strings[items.length] = "";
  return new SqlNode(strings, items);
}

/** @returns text and values for the driver. Linear in the size of the tree; the same statement is compiled once. */
export function compile(statement: Sql): CompiledSql {
  return (statement.compiled ??= compiled(statement));
}

function compiled(statement: Sql): CompiledSql {
  const values: unknown[] = [];
  const parts: string[] = [];
  write(statement, parts, values);
  assert(values.length <= maxParameters, `a statement has at most ${maxParameters} parameters`);
  return { text: parts.join(""), values };
}

function write(node: Sql, parts: string[], values: unknown[]): void {
  const { strings, holes } = node;
  for (let i = 0; i < strings.length; i++) {
    parts.push(strings[i] as string);
    if (i >= holes.length) continue;
    const hole = holes[i];
    if (hole instanceof SqlNode) write(hole, parts, values);
    else parts.push(`$${values.push(parameter(hole))}`);
  }
}

/** What the driver takes: Temporal values and bigints as text. A JavaScript Date is refused: it guesses a zone. */
function parameter(value: unknown): unknown {
  assert(value !== undefined, "a parameter has a value");
  if (value instanceof SqlSlot) return value;
  if (typeof value !== "object" || value === null)
    return typeof value === "bigint" ? value.toString() : value;
  if (Array.isArray(value)) return value.map(parameter);
  if (value instanceof Temporal.PlainDate || value instanceof Temporal.Instant) return value.toString();
  assert(value instanceof Uint8Array, "a parameter is plain, bytes, or Temporal");
  return value;
}
