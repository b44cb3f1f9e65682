import { assert } from "@holdfast/kernel/assert";
import { type Clock, systemClock } from "@holdfast/kernel/clock";
import { type Log, silentLog } from "@holdfast/kernel/log";
import { type Random, systemRandom } from "@holdfast/kernel/random";
import type { Actor } from "../access/actor.ts";
import { keptGate } from "../access/kept-gate.ts";
import type { Database } from "../sql/database.ts";
import { ConstraintViolation } from "../sql/failures.ts";
import type { Sql } from "../sql/sql.ts";
import type { Statements, Transaction } from "../sql/statements.ts";
import { runAction } from "../sql/transaction.ts";
import { type AsActor, recordDeletion, recordEvents } from "../webhooks/record-events.ts";
import type { DataSource, Environment, Parts } from "./environment.ts";
import type { Model } from "./model.ts";
import { Alone, type SendOnce } from "./records/alone.ts";
import type { Changes, Context } from "./records/context.ts";
import { create } from "./records/create.ts";
import { doomedRecords } from "./records/doomed.ts";
import { recordsOf } from "./records/records.ts";
import { UnitOfWork } from "./records/unit-of-work.ts";
import { unlink } from "./records/unlink.ts";
import { inWords, speaking } from "./records/violations.ts";
import { ChangedSince, Proviso } from "./records/witness.ts";
import { write, writeEach } from "./records/write.ts";
import type { Registry } from "./registry.ts";
import { stoppable } from "./stoppable.ts";
import { cascadeClosure } from "./trash/relations.ts";
import { buildTriggers, type Triggers } from "./triggers.ts";

export interface DataOptions {
  readonly database: Database;
  readonly registry: Registry;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Receives the reason of each system scope. */
  readonly log?: Log;
}

/** Opens a tenant's data. The database must have the registry's schema; `checkSchema` tells. */
export function openData(options: DataOptions): DataSource {
  const { database, registry } = options;
  const shared: Shared = {
    registry,
    triggers: triggersOf(registry),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    log: options.log ?? silentLog,
  };
  return sourceOn(shared, database, { statements: database });
}

interface Reading {
  readonly statements: Statements;
  /** Nothing is handed out, no change begins, before what it gives resolves. Asked before each statement goes out. */
  readonly until?: () => Promise<unknown>;
  /** What it gives for now is asked inside a change that is one statement. */
  readonly proviso?: Proviso;
}

function sourceOn(shared: Shared, database: Database, reading: Reading): DataSource {
  const { statements, until, proviso } = reading;
  const { registry } = shared;
  const told = until === undefined ? statements : withheld(statements, until);
  const afterRead = (action: () => void) =>
    until === undefined ? action() : void until().then(action, () => undefined);
  const request = () => (statements === database ? database.oneRequest() : statements);
  const transaction = <T>(actor: Actor, work: (env: Environment) => Promise<T>) =>
    inModelWords(
      shared,
      actor,
      database.transaction((open) => oneWork(shared, actor, { transaction: open, work }), {
        until: until?.(),
      }),
    );
  return {
    registry,
    reading: (actor) =>
      contextFor(shared, actor, {
        statements: stoppable(told, actor.standing),
        unit: null,
        alone: null,
        afterCommit: afterRead,
      }).env,
    writing: async (actor, work, { oneVerb } = {}) => {
      const gate = proviso?.gate();
      // What has been asked in some other way is waited for, as ever.
      if (oneVerb !== true || (until !== undefined && gate === undefined)) return transaction(actor, work);
      const send = (one: Sql) => database.alone(one, gate);
      const attempt = () => tryAlone(shared, actor, { work, send, proviso });
      const done = await (proviso?.inside(attempt) ?? attempt());
      return done === undefined ? transaction(actor, work) : done.result;
    },
    inParts: (actor, work) =>
      inModelWords(
        shared,
        actor,
        database.transaction(
          (transaction) =>
            oneWork(shared, actor, {
              transaction,
              work: (env, unit) => work({ env, attempt: attempts(shared, actor, { transaction, unit }) }),
            }),
          { until: until?.() },
        ),
      ),
    oneRequest: (confirmed) =>
      sourceOn(shared, database, {
        statements: request(),
        ...(confirmed && { until: () => confirmed }),
      }),
    provided(witness) {
      const statements = request();
      const rests = new Proviso(statements, witness);
      return {
        data: sourceOn(shared, database, { statements, until: () => rests.ask(), proviso: rests }),
        stands: () => standing(rests.ask()),
      };
    },
    close: () => database.close(),
  };
}

async function standing(asked: Promise<void>): Promise<boolean> {
  try {
    await asked;
    return true;
  } catch (error) {
    if (error instanceof ChangedSince) return false;
    throw error;
  }
}

/**
 * Tries to do the work as one statement; see {@link Alone}.
 *
 * @returns undefined when it takes a transaction: nothing has happened then.
 */
async function tryAlone<T>(
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

/** One transaction's work, and what webhooks are told of it. */
async function oneWork<T>(
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
function attempts(
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

/** Statements that are sent at once, and whose outcome nobody learns before `until` has resolved. */
function withheld(statements: Statements, until: () => Promise<unknown>): Statements {
  const hold = async <T>(send: () => Promise<T>): Promise<T> => {
    // What is asked for the first time goes before what rests on it.
    const confirmed = until();
    const settled = Promise.allSettled([send()]);
    await confirmed;
    const [outcome] = await settled;
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  };
  return {
    rows: (statement) => hold(() => statements.rows<never>(statement)),
    tuples: (statement) => hold(() => statements.tuples(statement)),
    texts: (statement) => hold(() => statements.texts(statement)),
  };
}

/** References are asked at the commit: what speaks there speaks like every other statement. */
function inModelWords<T>({ registry }: Shared, actor: Actor, work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw error instanceof ConstraintViolation
      ? inWords(error, { registry, gate: keptGate(registry, actor) })
      : error;
  });
}

interface Shared {
  readonly registry: Registry;
  readonly triggers: Triggers;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

interface Session {
  readonly statements: Statements;
  readonly unit: UnitOfWork | null;
  readonly alone: Alone | null;
  afterCommit(action: () => void): void;
}

const changes: Changes = { create, write, writeEach, unlink };

function contextFor(shared: Shared, actor: Actor, session: Session): Context {
  const { registry, log } = shared;
  const gate = keptGate(registry, actor);
  const as: AsActor = (who) => contextFor(shared, who, session).env;
  const system = (reason: string) => contextFor(shared, { ...actor, kind: "system", reason }, session);
  const env: Environment = {
    actor,
    registry,
    clock: shared.clock,
    random: shared.random,
    of: (model) => recordsOf(context, registry.model(model.name)) as never,
    model: (name) => recordsOf(context, registry.model(name)),
    system(reason, block) {
      assert(reason.trim() !== "", "a system scope has a reason");
      log("debug", "system scope", { reason, userId: actor.userId });
      return block(system(reason).env);
    },
    afterCommit: session.afterCommit,
  };
  const context: Context = {
    env,
    registry,
    triggers: shared.triggers,
    actor,
    gate,
    // Each scope hears of broken constraints what its own actor may know: our code what it has to tell apart.
    statements: speaking(session.statements, { registry, gate }),
    log,
    unit: session.unit,
    alone: session.alone,
    changes,
    deleting: canAsk(registry) ? (model, ids) => tellOfDeletion(context, as, { model, ids }) : null,
    depth: 0,
    system,
  };
  return context;
}

/** Whether changes can be told of at all: some registries are without webhooks. */
function canAsk(registry: Registry): boolean {
  return registry.models.has("hf.webhook");
}

function teller(context: Context): Environment {
  return context.system("write down what webhooks are to be told").env;
}

async function tellOfDeletion(
  context: Context,
  as: AsActor,
  doomed: { readonly model: Model; readonly ids: readonly number[] },
): Promise<void> {
  if (doomed.model.name.startsWith("hf.")) return;
  const closure = [...cascadeClosure(context.registry, doomed.model)];
  await recordDeletion(teller(context), as, {
    models: closure.filter(({ name }) => !name.startsWith("hf.")),
    // Only asked for when somebody wants to know of what goes along.
    find: async (along) =>
      along ? doomedRecords(context, doomed.model, doomed.ids) : new Map([[doomed.model, doomed.ids]]),
  });
}

const known = new WeakMap<Registry, Triggers>();

function triggersOf(registry: Registry): Triggers {
  const triggers = known.get(registry) ?? buildTriggers(registry);
  known.set(registry, triggers);
  return triggers;
}
