import { assert } from "@holdfast/kernel/assert";
import type pg from "pg";
import { control, inOneWrite, type Outcome, type Outgoing, sendOn } from "./driver-query.ts";
import { failureOf } from "./failures.ts";

const undefinedTable = "42P01";

/**
 * One transaction on one connection. The connection is borrowed with the first statement and BEGIN goes out with
 * it: work that asks nothing of the database costs nothing there, all other a round trip less.
 *
 * REPEATABLE READ takes its snapshot at the first statement, not at BEGIN, so this changes nothing of what is seen.
 */
export class OpenTransaction {
  readonly #pool: pg.Pool;
  readonly #begin: string;
  #client: pg.PoolClient | undefined;
  #connecting: Promise<pg.PoolClient> | undefined;
  #begun = false;
  #over = false;
  #broken: Error | undefined;

  constructor(pool: pg.Pool, begin: string) {
    this.#pool = pool;
    this.#begin = begin;
  }

  readonly send = async (outgoing: Outgoing): Promise<Outcome> => {
    assert(!this.#over, "no statement follows the end of its transaction");
    const client = this.#client ?? (await this.#connected());
    if (this.#begun) return sendOn(client, outgoing);
    this.#begun = true;
    let sent: Promise<Outcome> | undefined;
    inOneWrite(client, () => void (sent = sendOn(client, outgoing, this.#begin)));
    return sent as Promise<Outcome>;
  };

  /**
   * Waits behind others for the lock that a statement takes, before the transaction takes its snapshot. In a database
   * without the table that is to be locked nobody waits.
   */
  async takeTurn(lock: string): Promise<void> {
    this.#begun = true;
    await sendControl(() => this.#connected(), this.#begin);
    try {
      await sendOn(await this.#connected(), control(lock));
    } catch (error) {
      if ((error as { readonly code?: string }).code !== undefinedTable) throw failureOf(error, lock);
      await sendControl(() => this.#connected(), "ROLLBACK");
      this.#begun = false;
    }
  }

  /** Runs a part of the work; when it fails, what it did is taken back and the transaction goes on. */
  async savepoint<T>(part: () => Promise<T>): Promise<T> {
    await this.send(control("SAVEPOINT hf_part"));
    try {
      const result = await part();
      await this.send(control("RELEASE SAVEPOINT hf_part"));
      return result;
    } catch (error) {
      await this.#takeBack();
      throw error;
    }
  }

  /** On a connection that is lost this fails too: the failure of the part is the one to tell. */
  async #takeBack(): Promise<void> {
    try {
      await this.send(control("ROLLBACK TO SAVEPOINT hf_part"));
      await this.send(control("RELEASE SAVEPOINT hf_part"));
    } catch {
      this.#broken ??= new Error("a part could not be taken back");
    }
  }

  /** @throws when an earlier failure was swallowed: PostgreSQL answers COMMIT with ROLLBACK then, and no error. */
  async commit(): Promise<void> {
    this.#over = true;
    if (!this.#begun) return;
    const { command } = await sendControl(() => this.#connected(), "COMMIT");
    assert(command === "COMMIT", "a transaction that failed inside is not reported as done");
  }

  /** Rolls back and gives the connection back; one that cannot is closed. */
  async undo(): Promise<void> {
    this.#over = true;
    try {
      if (this.#connecting === undefined) return;
      if (this.#begun) await sendControl(() => this.#connected(), "ROLLBACK");
    } catch (error) {
      this.#broken ??= error as Error;
    }
    this.giveBack();
  }

  /** The connection is others' from here on. */
  giveBack(): void {
    this.#client?.off("error", this.#onError);
    this.#client?.release(this.#broken);
    this.#client = undefined;
  }

  #connected(): Promise<pg.PoolClient> {
    return (this.#connecting ??= this.#connect());
  }

  async #connect(): Promise<pg.PoolClient> {
    const client = await this.#pool.connect();
    client.on("error", this.#onError);
    return (this.#client = client);
  }

  readonly #onError = (error: Error): void => {
    this.#broken = error;
  };
}

async function sendControl(on: () => Promise<pg.PoolClient>, text: string): Promise<Outcome> {
  try {
    return await sendOn(await on(), control(text));
  } catch (error) {
    throw failureOf(error, text);
  }
}
