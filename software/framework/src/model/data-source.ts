import { type Clock, systemClock } from "@holdfast/kernel/clock";
import { type Log, silentLog } from "@holdfast/kernel/log";
import { type Random, systemRandom } from "@holdfast/kernel/random";
import type { Actor } from "../access/actor.ts";
import { keptGate } from "../access/kept-gate.ts";
import type { Database } from "../sql/database.ts";
import { ConstraintViolation } from "../sql/failures.ts";
import type { Sql } from "../sql/sql.ts";
import type { Statements } from "../sql/statements.ts";
import type { DataSource, Environment } from "./environment.ts";
import { contextFor, type Shared } from "./records/context-for.ts";
import { attempts, oneWork, tryAlone } from "./records/one-work.ts";
import { inWords } from "./records/violations.ts";
import { ChangedSince, Proviso } from "./records/witness.ts";
import type { Registry } from "./registry.ts";
import { stoppable } from "./stoppable.ts";
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

const known = new WeakMap<Registry, Triggers>();

function triggersOf(registry: Registry): Triggers {
  const triggers = known.get(registry) ?? buildTriggers(registry);
  known.set(registry, triggers);
  return triggers;
}
