import { assert } from "@holdfast/kernel/assert";
import { ConstraintViolation, Raised, raising, SerializationFailure } from "../../sql/failures.ts";
import { joinSql, type Sql } from "../../sql/sql.ts";
import type { Statements } from "../../sql/statements.ts";

/** The verb takes more than one statement, or its one statement did not go well: it is done in a transaction. */
class NotAlone extends Error {
  override readonly name = "NotAlone";
}

/** Sends a changing statement as a transaction of its own. */
export type SendOnce = (statement: Sql) => Promise<unknown[][]>;

/**
 * A change that hopes to be one statement, which is then its whole transaction: nothing can be read or changed
 * besides. Whoever has a statement whose consequences are all in it sends it by {@link send}; it raises an error in
 * PostgreSQL where anything in it is not as hoped, and nothing has happened then. Whatever else is sent, or goes
 * wrong, ends the try, and the work runs again in a transaction, where code can look at everything and find its words.
 */
export class Alone {
  readonly #sendOnce: SendOnce;
  #state: "open" | "refused" | "sent" = "open";
  /** A source of statements for all who do not know that they are alone. */
  readonly statements: Statements = {
    rows: async () => this.refuse(),
    tuples: async () => this.refuse(),
    texts: async () => this.refuse(),
  };

  constructor(sendOnce: SendOnce) {
    this.#sendOnce = sendOnce;
  }

  get sent(): boolean {
    return this.#state === "sent";
  }

  /** Whether the work has to run again in a transaction, whatever it came to. */
  get refused(): boolean {
    return this.#state === "refused";
  }

  /** Ends the try. Somebody may catch what this throws: it stays ended. */
  refuse(): never {
    assert(!this.sent, "nothing follows a change that was to be one statement");
    this.#state = "refused";
    throw new NotAlone("the change takes a transaction");
  }

  /** @param rows - how many it has to give; others mean that something is hidden or gone. */
  async send(statement: Sql, rows: number): Promise<unknown[][]> {
    if (this.#state !== "open") this.refuse();
    let tuples: unknown[][];
    try {
      tuples = await this.#sendOnce(statement);
    } catch (error) {
      if (
        error instanceof Raised ||
        error instanceof ConstraintViolation ||
        error instanceof SerializationFailure
      )
        this.refuse();
      this.#state = "sent";
      throw error;
    }
    // Of one row that is hidden nothing was changed; of several some would have been.
    assert(rows <= 1 || tuples.length === rows, "a change of several rows gives all of them");
    if (tuples.length !== rows) this.refuse();
    this.#state = "sent";
    return tuples;
  }
}

/** A column for the RETURNING of a change alone: an error unless all of these are true. */
export function raisingUnless(conditions: readonly Sql[]): readonly Sql[] {
  return conditions.length === 0 ? [] : [raising(joinSql(conditions, " AND "))];
}
