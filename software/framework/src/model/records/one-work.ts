import type { Actor } from "../../access/actor.ts";
import type { Transaction } from "../../sql/statements.ts";
import { runAction } from "../../sql/transaction.ts";
import { recordEvents } from "../../webhooks/record-events.ts";
import type { Environment, Parts } from "../environment.ts";
import { stoppable } from "../stoppable.ts";
import { Alone, type SendOnce } from "./alone.ts";
import { contextFor, type Session, type Shared, teller } from "./context-for.ts";
import { UnitOfWork } from "./unit-of-work.ts";
import type { Proviso } from "./witness.ts";

/** One transaction's work, and what webhooks are told of it. */
export async function oneWork<T>(
  shared: Shared,
  actor: Actor,
  {
    transaction,
    work,
  }: {
    readonly transaction: Transaction;
    readonly work: (env: Environment, unit: UnitOfWork) => Promise<T>;
  },
): Promise<T> {
  const unit = new UnitOfWork();
  const statements = stoppable(transaction, actor.standing);
  const session = { statements, unit, alone: null, afterCommit: transaction.afterCommit };
  const context = contextFor(shared, actor, session);
  const result = await work(context.env, unit);
  unit.assertWhole();
  const changes = unit.changed.take();
  if (changes.length > 0)
    await recordEvents(teller(context), (who) => contextFor(shared, who, session).env, changes);
  unit.assertWhole();
  actor.standing?.throwIfAborted();
  return result;
}

/** Parts of one transaction: each owes and settles its own, and what a refused one owed is gone with it. */
export function attempts(
  shared: Shared,
  actor: Actor,
  { transaction, unit: whole }: { readonly transaction: Transaction; readonly unit: UnitOfWork },
): Parts["attempt"] {
  return async (part) => {
    const unit = new UnitOfWork();
    const over = new AbortController();
    const actions: (() => void)[] = [];
    // What a refused part still had under way must not reach the parts after it.
    const inside = stoppable(transaction, over.signal);
    const session: Session = {
      statements: stoppable(inside, actor.standing),
      unit,
      alone: null,
      afterCommit: (action) => void actions.push(action),
    };
    try {
      const result = await transaction.savepoint(async () => {
        const done = await part(contextFor(shared, actor, session).env);
        unit.assertWhole();
        return done;
      });
      whole.changed.merge(unit.changed.take());
      for (const action of actions) transaction.afterCommit(action);
      return result;
    } finally {
      over.abort();
    }
  };
}

/**
 * Tries to do the work as one statement; see {@link Alone}.
 *
 * @returns undefined when it takes a transaction: nothing has happened then.
 */
export async function tryAlone<T>(
  shared: Shared,
  actor: Actor,
  given: {
    readonly work: (env: Environment) => Promise<T>;
    readonly send: SendOnce;
    readonly proviso: Proviso | undefined;
  },
): Promise<{ readonly result: T } | undefined> {
  const actions: (() => void)[] = [];
  const alone = new Alone((statement) => {
    actor.standing?.throwIfAborted();
    return given.send(statement);
  });
  const { env } = contextFor(shared, actor, {
    statements: alone.statements,
    unit: new UnitOfWork(),
    alone,
    afterCommit: (action) => void actions.push(action),
  });
  try {
    const result = await given.work(env);
    if (alone.refused) return undefined;
    for (const action of actions) runAction(action, shared.log);
    return { result };
  } catch (error) {
    if (alone.refused) return undefined;
    throw error;
  } finally {
    // Also when nobody knows whether it was done: it rested on what it asked, and is not to run again.
    if (alone.sent) given.proviso?.held();
  }
}
