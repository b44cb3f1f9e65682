import { raising } from "../../sql/failures.ts";
import { type Sql, sql, steady } from "../../sql/sql.ts";
import { type Statements, waitingShortly } from "../../sql/statements.ts";

/** What was read of one record, as PostgreSQL writes it, and the statement that reads it again. */
export interface Witness {
  /** Gives one text, or no row where the record is not found any more. */
  readonly again: Sql;
  readonly seen: string;
  /** See {@link gateOf}. */
  gate?: Sql;
}

/** Raises an error unless the record reads as it did: for the transaction of a change that rests on it. */
export function gateOf(witness: Witness): Sql {
  const same = sql`(${witness.again}) = ${witness.seen}::text`;
  return (witness.gate ??= steady(sql`SELECT ${raising(same)}, ${waitingShortly}`));
}

/** Somebody rests on what a record was, and it is another one now. */
export class ChangedSince extends Error {
  override readonly name = "ChangedSince";
}

/**
 * What one request rests on: that a record reads as it did. It is asked at most once, together with the request's
 * first statement; a change that is one statement asks it inside its own transaction.
 */
export class Proviso {
  readonly #statements: Statements;
  readonly #witness: Witness;
  #asked: Promise<void> | undefined;
  #inside: Promise<unknown> | undefined;

  constructor(statements: Statements, witness: Witness) {
    this.#statements = statements;
    this.#witness = witness;
  }

  /**
   * Resolves when it holds; sends the question when nobody has yet. While a change is under way that asks it, it waits
   * how that ends: else both could be done, the change and what somebody does because it does not hold.
   *
   * @throws ChangedSince when it does not.
   */
  ask(): Promise<void> {
    const again = () => this.ask();
    return this.#inside?.then(again, again) ?? (this.#asked ??= this.#read());
  }

  /** Runs a change that asks it inside its own transaction, and in no other way. */
  async inside<T>(change: () => Promise<T>): Promise<T> {
    const underWay = change();
    this.#inside = underWay;
    try {
      return await underWay;
    } finally {
      this.#inside = undefined;
    }
  }

  /** What has to go before a change; undefined when it has been asked: then {@link ask} says whether it holds. */
  gate(): Sql | undefined {
    return this.#asked === undefined ? gateOf(this.#witness) : undefined;
  }

  /** It has held inside the transaction of a change. */
  held(): void {
    this.#asked ??= Promise.resolve();
  }

  async #read(): Promise<void> {
    const rows = await this.#statements.texts(this.#witness.again);
    if (rows[0]?.[0] !== this.#witness.seen) throw new ChangedSince("what was read has changed since");
  }
}
