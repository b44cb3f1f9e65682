import { Client, type ClientConfig, escapeIdentifier, escapeLiteral, Pool, type QueryResultRow } from "pg";
import { administratorRole } from "./access.ts";

/** Also for waiting until one of the pool's connections is free. */
const connectMilliseconds = 30_000;
const connections = 6;
const statementMilliseconds = 120_000;

/** A name of ours as an identifier in a statement; utility statements take no parameters. */
export const identifier = (name: string): string => escapeIdentifier(name);
export const literal = (text: string): string => escapeLiteral(text);

/** One statement as administrator; parameters where PostgreSQL takes them. */
export type Query = <Row extends QueryResultRow>(
  statement: string,
  parameters?: readonly unknown[],
) => Promise<Row[]>;

/**
 * A cluster as its administrator: roles, databases, replication. Over the local socket only, told by
 * the system user, so there is no password to lose. This is the counted exception to "only `sql/`
 * talks to the driver"; no customer's value ever becomes part of a statement here.
 */
export class Administration {
  readonly #where: () => { host: string; port: number };
  #pool: Pool | undefined;

  constructor(where: () => { host: string; port: number }) {
    this.#where = where;
  }

  /** Runs one statement in the maintenance database. */
  readonly query: Query = async <Row extends QueryResultRow>(
    statement: string,
    parameters: readonly unknown[] = [],
  ) => {
    const { rows } = await this.#connected().query<Row>(statement, [...parameters]);
    return rows;
  };

  /** Runs statements as one transaction in the maintenance database: all or none. */
  async together(statements: readonly string[]): Promise<void> {
    // One message is one transaction; with a BEGIN in it, a failure would leave the pool's connection in it.
    await this.#connected().query(statements.join(";"));
  }

  /** Runs statements as one transaction inside one database, on a connection of its own. */
  async within(database: string, statements: readonly string[]): Promise<void> {
    const client = new Client(this.#config(database));
    client.on("error", () => undefined);
    await client.connect();
    try {
      await client.query(`BEGIN;${statements.join(";")};COMMIT`);
    } finally {
      await client.end();
    }
  }

  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.end();
  }

  #connected(): Pool {
    if (this.#pool) return this.#pool;
    const pool = new Pool({ ...this.#config("postgres"), max: connections, idleTimeoutMillis: 30_000 });
    pool.on("error", () => undefined);
    this.#pool = pool;
    return pool;
  }

  #config(database: string): ClientConfig {
    return {
      ...this.#where(),
      user: administratorRole,
      database,
      application_name: "holdfast agent",
      connectionTimeoutMillis: connectMilliseconds,
      statement_timeout: statementMilliseconds,
    };
  }
}
