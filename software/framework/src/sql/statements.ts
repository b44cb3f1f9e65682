import type pg from "pg";
import { failureOf } from "./failures.ts";
import { compile, type Sql } from "./sql.ts";

/** Sends statements, one round trip each. */
export interface Statements {
  /** Rows as objects by column name. */
  rows<R = Readonly<Record<string, unknown>>>(statement: Sql): Promise<R[]>;
  /** Rows as arrays in the order of the columns; cheaper, and names may repeat. */
  tuples(statement: Sql): Promise<unknown[][]>;
}

/** Statements inside one transaction. */
export interface Transaction extends Statements {
  /** Runs after the commit, never after a rollback. */
  afterCommit(action: () => void): void;
}

/** Sees the text of every statement but transaction control, before it is sent: tests count with it. */
export type StatementListener = (text: string) => void;

type Send = (query: pg.QueryConfig) => Promise<pg.QueryResult>;

/** Wraps a way to send queries: a pool, or the one connection of a transaction. */
export function statementsOn(send: Send, listener: StatementListener | undefined): Statements {
  const run = async (statement: Sql, rowMode?: "array") => {
    const { text, values } = compile(statement);
    listener?.(text);
    const query = { text, values: values as unknown[], ...(rowMode && { rowMode }) };
    try {
      return (await send(query)).rows ?? [];
    } catch (error) {
      throw failureOf(error, text);
    }
  };
  return {
    rows: <R>(statement: Sql) => run(statement) as Promise<R[]>,
    tuples: (statement) => run(statement, "array") as unknown as Promise<unknown[][]>,
  };
}
