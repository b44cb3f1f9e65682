import type { Statements } from "../sql/statements.ts";

/**
 * Statements for an actor whose right may end while they work (`Actor.standing`): from then on none is sent. The one
 * that is running ends by itself, and a transaction is rolled back, since its next statement or its end fails.
 */
export function stoppable(statements: Statements, signal: AbortSignal | undefined): Statements {
  if (signal === undefined) return statements;
  return {
    rows: async (statement) => {
      signal.throwIfAborted();
      return statements.rows<never>(statement);
    },
    tuples: async (statement) => {
      signal.throwIfAborted();
      return statements.tuples(statement);
    },
    texts: async (statement) => {
      signal.throwIfAborted();
      return statements.texts(statement);
    },
  };
}
