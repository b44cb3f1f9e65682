import { assert } from "@holdfast/kernel/assert";
import type { Outcome, Outgoing, RowShape } from "./driver-query.ts";
import { failureOf, raisedBy } from "./failures.ts";
import { compile, type Sql, sql, steady } from "./sql.ts";
import type { StatementNames } from "./statement-names.ts";

/** Sends statements, one round trip each. */
export interface Statements {
  /** Rows as objects by column name. */
  rows<R = Readonly<Record<string, unknown>>>(statement: Sql): Promise<R[]>;
  /** Rows as arrays in the order of the columns; cheaper, and names may repeat. */
  tuples(statement: Sql): Promise<unknown[][]>;
  /** The same in PostgreSQL's own text, nothing parsed: for answers that are text again. */
  texts(statement: Sql): Promise<TextTuple[]>;
}

/** One row as PostgreSQL writes it; null is NULL. */
export type TextTuple = readonly (string | null)[];

/** Statements inside one transaction. */
export interface Transaction extends Statements {
  /** A part that leaves nothing behind when it fails; the transaction goes on with what was before it. */
  savepoint<T>(part: () => Promise<T>): Promise<T>;
  /** Runs after the commit, never after a rollback. */
  afterCommit(action: () => void): void;
}

/** Sees the text of every statement but transaction control, before it is sent: tests count with it. */
export type StatementListener = (text: string) => void;

/** Sends a statement. */
export type Send = (outgoing: Outgoing) => Promise<Outcome>;

/** What goes with all statements of one database. */
export interface StatementParts {
  readonly names: StatementNames;
  readonly onStatement: StatementListener | undefined;
}

/**
 * How long a statement alone waits for each lock, in milliseconds. Nobody can stop it before it is done, as a
 * transaction is stopped whose caller's right ends while it waits: so it gives up sooner than that is looked at.
 */
const aloneLockMilliseconds = 200;

/** Ends with the transaction that it is asked in. */
export const waitingShortly: Sql = sql`set_config('lock_timeout', ${String(aloneLockMilliseconds)}::text, true)`;

const shortly = steady(sql`SELECT ${waitingShortly}`);

/**
 * Sends one statement with parameters as a transaction of its own, which waits for others only shortly.
 *
 * @param gate - a statement before it in the same transaction, its parameters texts: see {@link raising}; it includes
 *   {@link waitingShortly}.
 * @throws Raised when one of the two raised an error on purpose, or somebody was in the way: nothing has changed then.
 */
export type SendAlone = (statement: Sql, gate: Sql | undefined) => Promise<unknown[][]>;

/** See {@link SendAlone}. */
export function aloneOn(send: Send, { names, onStatement }: StatementParts): SendAlone {
  const prepared = (statement: Sql) => {
    const { text, values } = compile(statement);
    assert(values.length > 0, "only a statement with parameters is one alone");
    onStatement?.(text);
    return { text, values, name: statement.steady ? names.of(text) : undefined };
  };
  const { text, values } = compile(shortly);
  const ungated = () => ({ text, values, name: names.of(text) });
  return async (statement, gate) => {
    const before = gate === undefined ? ungated() : prepared(gate);
    assert(
      before.values.every((value) => typeof value === "string"),
      "a gate's values are texts",
    );
    const outgoing = prepared(statement);
    try {
      return (await send({ ...outgoing, before, shape: "tuples" })).rows as unknown[][];
    } catch (error) {
      throw raisedBy(error) ?? failureOf(error, outgoing.text);
    }
  };
}

/** Wraps a way to send statements: those of one request, or of one transaction. */
export function statementsOn(send: Send, { names, onStatement }: StatementParts): Statements {
  const run = async (statement: Sql, shape: RowShape) => {
    const { text, values } = compile(statement);
    onStatement?.(text);
    try {
      return (await send({ text, values, name: statement.steady ? names.of(text) : undefined, shape })).rows;
    } catch (error) {
      throw failureOf(error, text);
    }
  };
  return {
    rows: <R>(statement: Sql) => run(statement, "objects") as Promise<R[]>,
    tuples: (statement) => run(statement, "tuples") as Promise<unknown[][]>,
    texts: (statement) => run(statement, "texts") as Promise<TextTuple[]>,
  };
}
