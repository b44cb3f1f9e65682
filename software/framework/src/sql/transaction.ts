import { ExpectedError } from "@holdfast/kernel/errors";
import type { Log } from "@holdfast/kernel/log";
import type pg from "pg";
import { SerializationFailure } from "./failures.ts";
import { OpenTransaction } from "./open-transaction.ts";
import { type StatementParts, statementsOn, type Transaction } from "./statements.ts";

export interface TransactionOptions {
  readonly isolation?: "repeatable read" | "read committed";
  /** How often the work may start in all; 4 when absent. */
  readonly attempts?: number;
  /** The work begins when this has resolved too: it is waited for while the transaction is opened. */
  readonly until?: Promise<unknown> | undefined;
}

interface Surroundings extends TransactionOptions, StatementParts {
  readonly log: Log;
}

const maxAttempts = 4;
/**
 * Second attempts queue up behind this lock, so that they do not fail on one another. It is the table of our own
 * bookkeeping, which every database of ours has and nobody else locks so; LOCK takes no snapshot, so the transaction
 * sees what the one before it did. No advisory lock: with those a customer's role could fill the cluster's table of locks.
 */
const turn = "LOCK TABLE hf_schema IN SHARE UPDATE EXCLUSIVE MODE";

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
  const { again, isolation = "repeatable read", log, until } = surroundings;
  await until;
  const actions: (() => void)[] = [];
  const open = new OpenTransaction(pool, begin[isolation]);
  try {
    if (again) await open.takeTurn(turn);
    const statements = statementsOn(open.send, surroundings);
    const result = await work({
      ...statements,
      savepoint: (part) => open.savepoint(part),
      afterCommit: (action) => void actions.push(action),
    });
    await open.commit();
    open.giveBack();
    for (const action of actions) runAction(action, log);
    return result;
  } catch (error) {
    await open.undo();
    throw error;
  }
}

/** What is done stays done: an action that fails after the commit is logged and changes no answer. */
export function runAction(action: () => void, log: Log): void {
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
