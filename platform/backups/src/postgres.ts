import { readFile } from "node:fs/promises";
import pg from "pg";
import { CopyIn, CopyOut } from "./copy-stream.ts";
import { limits } from "./limits.ts";

/** How to reach one database. The password never appears in arguments, environment or logs. */
export interface DatabaseAddress {
  /** A host name (TLS, verified against `caFile`) or the folder of a unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password?: string | undefined;
  readonly caFile?: string | undefined;
  /** Taken on with SET ROLE after signing in. */
  readonly role?: string | undefined;
}

type Row = Record<string, unknown>;

/** One connection of a backup job. The only file of this package that knows the driver. */
export interface Session {
  rows(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** @param sql - a COPY ... TO STDOUT. Rows are known after the last chunk. */
  copyOut(sql: string): CopyOut;
  /** @param sql - a COPY ... FROM STDIN. @returns how many rows the server took. */
  copyIn(sql: string, chunks: AsyncIterable<Buffer>): Promise<number>;
  close(): Promise<void>;
}

/**
 * Signs in and fixes every setting that changes how values print, so that the same rows are the same bytes on
 * every server.
 *
 * @param signal - ends the connection at once; what waits on it fails.
 */
export async function openSession(address: DatabaseAddress, signal?: AbortSignal): Promise<Session> {
  signal?.throwIfAborted();
  const client = new pg.Client(await configOf(address));
  client.on("error", () => undefined); // each waiting call gets the error itself
  const cut = () => client.connection.stream.destroy(new Error("cancelled"));
  signal?.addEventListener("abort", cut, { once: true });
  try {
    await client.connect();
    await client.query(settings);
    if (address.role !== undefined) await client.query(`SET ROLE ${pg.escapeIdentifier(address.role)}`);
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return sessionOver(client, () => signal?.removeEventListener("abort", cut));
}

/** Quotes a name for SQL. */
export const quoted = (name: string): string => pg.escapeIdentifier(name);

const settings = `
  SET client_encoding = 'UTF8'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET TimeZone = 'UTC';
  SET extra_float_digits = 1; SET bytea_output = 'hex'; SET xmloption = 'content'; SET search_path = 'pg_catalog';
  SET row_security = off; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
  SET synchronize_seqscans = off; SET work_mem = '64MB'; SET random_page_cost = 1.1; SET lock_timeout = ${limits.lockMs}; SET client_min_messages = 'warning'`;

async function configOf(address: DatabaseAddress): Promise<pg.ClientConfig> {
  return {
    host: address.host,
    port: address.port,
    database: address.database,
    user: address.user,
    password: address.password ?? "",
    application_name: "holdfast backup",
    connectionTimeoutMillis: limits.connectMs,
    ...(address.caFile === undefined ? {} : { ssl: { ca: await readFile(address.caFile) } }),
  };
}

function sessionOver(client: pg.Client, released: () => void): Session {
  return {
    async rows(text, values = []) {
      return (await client.query(text, [...values])).rows;
    },
    copyOut(sql) {
      return client.query(new CopyOut(sql));
    },
    copyIn(sql, chunks) {
      return client.query(new CopyIn(sql)).run(chunks);
    },
    async close() {
      released();
      await client.end();
    },
  };
}
