import type pg from "pg";
import { failureOf } from "./failures.ts";
import { compile, type Sql } from "./sql.ts";

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
  /** Runs after the commit, never after a rollback. */
  afterCommit(action: () => void): void;
}

/** Sees the text of every statement but transaction control, before it is sent: tests count with it. */
export type StatementListener = (text: string) => void;

type Send = (query: pg.QueryConfig) => Promise<pg.QueryResult>;
type Mode = Pick<pg.QueryArrayConfig, "rowMode" | "types"> | undefined;

const asArrays: Mode = { rowMode: "array" };
const unparsed = (text: string): string => text;
const asTexts: Mode = { rowMode: "array", types: { getTypeParser: () => unparsed } as pg.CustomTypesConfig };

/** Wraps a way to send queries: a pool, or the one connection of a transaction. */
export function statementsOn(send: Send, listener: StatementListener | undefined): Statements {
  const run = async (statement: Sql, mode?: Mode) => {
    const { text, values } = compile(statement);
    listener?.(text);
    const query = { text, values: values as unknown[], ...mode };
    try {
      return (await send(query)).rows ?? [];
    } catch (error) {
      throw failureOf(error, text);
    }
  };
  return {
    rows: <R>(statement: Sql) => run(statement) as Promise<R[]>,
    tuples: (statement) => run(statement, asArrays) as unknown as Promise<unknown[][]>,
    texts: (statement) => run(statement, asTexts) as unknown as Promise<TextTuple[]>,
  };
}
