import { assert } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Log } from "@holdfast/kernel/log";
import type pg from "pg";
import { failureOf, SerializationFailure } from "./failures.ts";
import { type StatementListener, statementsOn, type Transaction } from "./statements.ts";

export interface TransactionOptions {
  readonly isolation?: "repeatable read" | "read committed";
  /** How often the work may start in all; 4 when absent. */
  readonly attempts?: number;
  /** The work begins when this has resolved too: it is waited for while the transaction is opened. */
  readonly until?: Promise<unknown> | undefined;
}

interface Surroundings extends TransactionOptions {
  readonly log: Log;
  readonly onStatement: StatementListener | undefined;
}

const maxAttempts = 4;
/** "hfretry": second attempts queue up behind this lock, so that they do not fail on one another. */
const retryLock = 448_378_203_769n;

const begin = {
  "repeatable read": "BEGIN ISOLATION LEVEL REPEATABLE READ",
  "read committed": "BEGIN ISOLATION LEVEL READ COMMITTED",
} as const;

/** See {@link Database.transaction}. */
export async function runTransaction<T>(
  pool: pg.Pool,
  work: (transaction: Transaction) => Promise<T>,
  surroundings: Surroundings,
): Promise<T> {
  const attempts = surroundings.attempts ?? maxAttempts;
  for (let attempt = 1; ; attempt++) {
    try {
      return await attemptOnce(pool, work, { ...surroundings, again: attempt > 1 });
    } catch (error) {
      if (!(error instanceof SerializationFailure)) throw error;
      if (attempt >= attempts) throw stillInTheWay(error);
      surroundings.log("debug", "a transaction runs again", { attempt, error });
    }
  }
}

async function attemptOnce<T>(
  pool: pg.Pool,
  work: (transaction: Transaction) => Promise<T>,
  surroundings: Surroundings & { readonly again: boolean },
): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    throw failureOf(error, "");
  });
  const actions: (() => void)[] = [];
  let broken: Error | undefined;
  const onError = (error: Error) => void (broken = error);
  client.on("error", onError);
  try {
    if (surroundings.again) await control(client, `SELECT pg_advisory_lock(${retryLock})`);
    const result = await committed(client, work, { ...surroundings, actions });
    if (surroundings.again) await control(client, `SELECT pg_advisory_unlock(${retryLock})`);
    for (const action of actions) runAction(action, surroundings.log);
    return result;
  } catch (error) {
    broken ??= await cleanUp(client);
    throw error;
  } finally {
    client.off("error", onError);
    client.release(broken);
  }
}

async function committed<T>(
  client: pg.PoolClient,
  work: (transaction: Transaction) => Promise<T>,
  options: Surroundings & { readonly actions: (() => void)[] },
): Promise<T> {
  const began = control(client, begin[options.isolation ?? "repeatable read"]);
  // Both at once, and both to their ends: after a refusal the connection is rolled back, not left half begun.
  for (const one of await Promise.allSettled([began, options.until]))
    if (one.status === "rejected") throw one.reason;
  const statements = statementsOn((query) => client.query(query), options.onStatement);
  const result = await work({ ...statements, afterCommit: (action) => void options.actions.push(action) });
  const { command } = await control(client, "COMMIT");
  // PostgreSQL answers COMMIT with ROLLBACK, and no error, when an earlier failure was swallowed.
  assert(command === "COMMIT", "a transaction that failed inside is not reported as done");
  return result;
}

function control(client: pg.PoolClient, text: string): Promise<pg.QueryResult> {
  return client.query(text).catch((error: unknown) => {
    throw failureOf(error, text);
  });
}

/** Rolls back and drops the retry lock. @returns the error after which the connection is of no more use. */
async function cleanUp(client: pg.PoolClient): Promise<Error | undefined> {
  try {
    await client.query("ROLLBACK");
    await client.query("SELECT pg_advisory_unlock_all()");
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** What is done stays done: an action that fails after the commit is logged and changes no answer. */
function runAction(action: () => void, log: Log): void {
  try {
    action();
  } catch (error) {
    log("error", "an action after the commit failed", { error });
  }
}

function stillInTheWay(cause: SerializationFailure): ExpectedError {
  return new ExpectedError("conflict", "somebody else changed the same records at the same moment", {
    hint: "try again",
    cause,
  });
}
