import { readFileSync } from "node:fs";
import { checkServerIdentity } from "node:tls";
import { type Log, silentLog } from "@holdfast/kernel/log";
import pg from "pg";
import { BudgetedPool, type ConnectionBudget } from "./connection-budget.ts";
import { RoundTrip } from "./round-trip.ts";
import { StatementNames } from "./statement-names.ts";
import {
  aloneOn,
  type SendAlone,
  type StatementListener,
  type Statements,
  statementsOn,
  type Transaction,
} from "./statements.ts";
import { runTransaction, type TransactionOptions } from "./transaction.ts";

/** Where a database is and as whom we enter it. */
export interface Connection {
  /** A host name, an address, or the absolute path of a folder with a unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** Certificate authority that must have signed the server's certificate; null only for unix sockets and tests. */
  readonly caFile: string | null;
}

export interface DatabaseOptions extends Connection {
  /** Open connections at most; 4 when absent. They open when needed and close when idle. */
  readonly maxConnections?: number;
  /** Counts them together with those of other databases. */
  readonly budget?: ConnectionBudget;
  /** Shown in PostgreSQL's own views and logs. */
  readonly applicationName?: string;
  readonly log?: Log;
  readonly onStatement?: StatementListener;
}

/** Named maxima of one database's connections. */
export const databaseLimits = {
  connections: 4,
  connectionUses: 20_000,
  idleMilliseconds: 30_000,
  connectMilliseconds: 5_000,
  statementMilliseconds: 30_000,
  lockMilliseconds: 10_000,
  idleInTransactionMilliseconds: 60_000,
} as const;

/** One PostgreSQL database, entered as one role. */
export interface Database extends Statements {
  /**
   * Runs `work` in one transaction: REPEATABLE READ unless told, so that a value read and then written
   * cannot have been changed in between. `work` runs again from its start when another transaction was in
   * the way (at most {@link TransactionOptions.attempts} times): it does nothing outside the transaction.
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** One statement as a REPEATABLE READ transaction of its own, in one round trip; see {@link SendAlone}. */
  readonly alone: SendAlone;
  /** For one request: statements asked for at the same moment go in one round trip; see {@link RoundTrip}. */
  oneRequest(): Statements;
  close(): Promise<void>;
}

/**
 * Opens a database. No connection is made before the first statement.
 *
 * Failures of statements come out as described at `failureOf`; nothing in them names a statement to a caller.
 */
export function openDatabase(options: DatabaseOptions): Database {
  const log = options.log ?? silentLog;
  const config = poolConfig(options);
  const pool = options.budget === undefined ? new pg.Pool(config) : new BudgetedPool(config, options.budget);
  pool.on("error", (error) =>
    log("warn", "an idle connection was lost", { error, database: options.database }),
  );
  const parts = { names: new StatementNames(), onStatement: options.onStatement };
  return {
    ...statementsOn((outgoing) => new RoundTrip(pool).send(outgoing), parts),
    alone: aloneOn((outgoing) => new RoundTrip(pool).send(outgoing), parts),
    oneRequest: () => statementsOn(new RoundTrip(pool).send, parts),
    transaction: (work, transactionOptions) =>
      runTransaction(pool, work, { ...transactionOptions, ...parts, log }),
    close: () => pool.end(),
  };
}

function poolConfig(options: DatabaseOptions): pg.PoolConfig {
  return {
    host: options.host,
    port: options.port,
    database: options.database,
    user: options.user,
    password: options.password,
    ssl: tlsOf(options),
    application_name: options.applicationName ?? "holdfast",
    max: options.maxConnections ?? databaseLimits.connections,
    idleTimeoutMillis: databaseLimits.idleMilliseconds,
    connectionTimeoutMillis: databaseLimits.connectMilliseconds,
    statement_timeout: databaseLimits.statementMilliseconds,
    lock_timeout: databaseLimits.lockMilliseconds,
    idle_in_transaction_session_timeout: databaseLimits.idleInTransactionMilliseconds,
    // The session's own temporary objects come last: they can then never stand in for a table of ours.
    // A statement without BEGIN is a transaction too, and not a weaker one.
    // JIT costs more than our statements do: 600 nested domains took 13.5 s with it, 0.7 s without.
    options:
      "-c TimeZone=UTC -c DateStyle=ISO -c jit=off -c search_path=public,pg_temp -c default_transaction_isolation=repeatable\\ read",
    allowExitOnIdle: true,
    pipeline: true,
    // With a connection go the statements that it keeps prepared.
    maxUses: databaseLimits.connectionUses,
  };
}

/** Full verification. For an address the driver would compare the certificate with "localhost", so we compare. */
function tlsOf({ caFile, host }: DatabaseOptions): pg.PoolConfig["ssl"] {
  if (caFile === null) return false;
  return {
    ca: readFileSync(caFile, "utf8"),
    rejectUnauthorized: true,
    checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate),
  };
}
