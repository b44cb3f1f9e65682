import { assert } from "@holdfast/kernel/assert";
import type pg from "pg";
import { inOneWrite, type Outcome, type Outgoing, sendOn } from "./driver-query.ts";

interface Waiting {
  readonly outgoing: Outgoing;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Sends the statements of one request: those asked for at the same moment go out in one write, on one connection,
 * and come back in one round trip. The connection is borrowed with the first and given back with the last answer,
 * so that a request holds none while it thinks. Each statement is a transaction of its own.
 *
 * Connections are pipelined (`pipeline: true`): without it the second would wait for the first's answer.
 */
export class RoundTrip {
  readonly #pool: pg.Pool;
  readonly #waiting: Waiting[] = [];
  #client: pg.PoolClient | undefined;
  #connecting = false;
  #underWay = 0;
  #broken: Error | undefined;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  readonly send = (outgoing: Outgoing): Promise<Outcome> =>
    new Promise((resolve, reject) => {
      this.#waiting.push({ outgoing, resolve, reject });
      if (this.#client !== undefined) this.#write(this.#client);
      else if (!this.#connecting) this.#connect();
    });

  #connect(): void {
    this.#connecting = true;
    this.#pool.connect().then(
      (client) => {
        this.#connecting = false;
        this.#client = client;
        client.on("error", this.#onError);
        this.#write(client);
      },
      (error: unknown) => {
        this.#connecting = false;
        for (const { reject } of this.#waiting.splice(0)) reject(error);
      },
    );
  }

  /** All that wait in one write: PostgreSQL finds the second as soon as it is done with the first. */
  #write(client: pg.PoolClient): void {
    inOneWrite(client, () => {
      for (const { outgoing, resolve, reject } of this.#waiting.splice(0)) {
        this.#underWay += 1;
        sendOn(client, outgoing).then(resolve, reject).finally(this.#answered);
      }
    });
  }

  readonly #answered = (): void => {
    this.#underWay -= 1;
    assert(this.#underWay >= 0, "no statement is answered twice");
    if (this.#underWay > 0 || this.#client === undefined) return;
    const client = this.#client;
    this.#client = undefined;
    client.off("error", this.#onError);
    client.release(this.#broken);
    this.#broken = undefined;
  };

  readonly #onError = (error: Error): void => {
    this.#broken = error;
  };
}
