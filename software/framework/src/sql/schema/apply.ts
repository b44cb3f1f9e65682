import { ExpectedError } from "@holdfast/kernel/errors";
import { createFoldFunction } from "../../model/fold-function.ts";
import type { Registry } from "../../model/registry.ts";
import type { Database } from "../database.ts";
import { ConstraintViolation } from "../failures.ts";
import { ident, literal, type Sql, sql } from "../sql.ts";
import type { Statements } from "../statements.ts";
import { declaredSchema } from "./declared.ts";
import { liveSchema } from "./live.ts";
import { migrateStep, stepLabel } from "./migrate.ts";
import { migratedSchema } from "./migrated-schema.ts";
import {
  allMigrations,
  createMigrationLog,
  hasTable,
  noteMigrations,
  pendingMigrations,
} from "./migration-log.ts";
import { planSchema, type SchemaPlan, type SchemaStep } from "./plan.ts";
import { declaredRules } from "./ruled-index.ts";
import type { Schema } from "./schema.ts";

export interface ApplyOptions {
  /**
   * `tables` before data is loaded; `constraints` after it, with the migrations that the loaded rows have not seen;
   * `all` at once when absent.
   */
  readonly phase?: "all" | "tables" | "constraints";
  /** With `tables`: the shape that the rows to be loaded have, when that may be an older one. */
  readonly recorded?: Schema;
  /** Told after each step, inside the transaction; a failure of it undoes all. */
  readonly onStep?: (label: string) => unknown;
  /** The owner of what is made; the connected role must be a member of it. */
  readonly setRole?: string;
}

/** "hfschema": one schema change at a time in a database. */
const schemaLock = 448_378_203_247n;

/** An index on a table of millions takes minutes. */
const schemaMilliseconds = 1_800_000;

/** What {@link applySchema} would do to a database. Plain data but for the statements. */
export interface UpgradePlan extends SchemaPlan {
  /** Of migrations that the database has not seen, in order. */
  readonly migrations: readonly {
    readonly app: string;
    readonly number: number;
    readonly label: string;
    readonly steps: readonly string[];
  }[];
}

/** Plans without touching: what the pending migrations make of the schema is worked out in memory. */
export async function showSchemaPlan(database: Statements, registry: Registry): Promise<UpgradePlan> {
  const live = await liveSchema(database);
  const pending = live.tables.length === 0 ? [] : await pendingMigrations(database, registry);
  const steps = pending.flatMap(({ migration }) => migration.steps);
  return {
    migrations: pending.map(({ app, migration: { number, label, steps } }) => ({
      app,
      number,
      label,
      steps: steps.map(stepLabel),
    })),
    ...planSchema(declaredSchema(registry.models, declaredRules(registry.apps)), migratedSchema(live, steps)),
  };
}

/**
 * What would keep rows of a recorded shape from being brought to the declared one. Which migrations they have seen
 * stands among the rows: here all are tried, those that were done find nothing to do. Pure.
 *
 * @returns one sentence each; empty when they can be.
 */
export function upgradeRefusals(recorded: Schema, registry: Registry): readonly string[] {
  const steps = allMigrations(registry).flatMap(({ migration }) => migration.steps);
  return planSchema(
    declaredSchema(registry.models, declaredRules(registry.apps)),
    migratedSchema(recorded, steps),
  ).refusals;
}

/**
 * Brings a database to the declared schema: pending migrations in their order, then what is added. One
 * transaction under a lock, so that it is done as a whole or not at all; safe to run twice, and again after
 * it died anywhere.
 *
 * @returns the labels of the steps done; empty when there was nothing to do.
 * @throws ExpectedError `conflict` that lists what only a migration may do; nothing is changed then.
 */
export function applySchema(
  database: Database,
  registry: Registry,
  options: ApplyOptions = {},
): Promise<string[]> {
  const { setRole } = options;
  return database.transaction(
    async (transaction) => {
      if (setRole !== undefined) await transaction.rows(sql`SET LOCAL ROLE ${ident(setRole)}`);
      await transaction.rows(sql`SET LOCAL statement_timeout = ${literal(schemaMilliseconds)}`);
      await transaction.rows(sql`SELECT pg_advisory_xact_lock(${schemaLock}::bigint)`);
      return bring(transaction, registry, options);
    },
    { isolation: "read committed" },
  );
}

async function bring(
  transaction: Statements,
  registry: Registry,
  { phase = "all", recorded, onStep }: ApplyOptions,
): Promise<string[]> {
  const before = await showSchemaPlan(transaction, registry);
  if (before.refusals.length > 0) throw refused(before.refusals);
  for (const statement of await preparation(transaction)) await transaction.rows(statement);
  const done: string[] = [];
  const step = async (label: string, work: () => Promise<unknown>) => {
    await work();
    done.push(label);
    await onStep?.(label);
  };
  const live = await liveSchema(transaction);
  const pending =
    phase !== "tables" && live.tables.length > 0 ? await pendingMigrations(transaction, registry) : [];
  for (const { app, migration } of pending)
    for (const one of migration.steps)
      await step(`${app} ${migration.number}: ${stepLabel(one)}`, () => migrateStep(transaction, one));
  if (pending.length > 0) await transaction.rows(sql`SET CONSTRAINTS ALL IMMEDIATE`);
  const wanted =
    (phase === "tables" ? recorded : undefined) ??
    declaredSchema(registry.models, declaredRules(registry.apps));
  const plan = planSchema(wanted, await liveSchema(transaction));
  if (plan.refusals.length > 0) throw refused(plan.refusals);
  const rest = [...plan.tables, ...(phase === "tables" ? [] : plan.constraints)];
  for (const one of rest) await step(one.label, () => carryOut(transaction, one));
  if (phase !== "tables") {
    await noteMigrations(transaction, allMigrations(registry));
    await remember(transaction, registry);
  }
  return done;
}

/**
 * Makes sure that a database has the schema of this version of the apps.
 *
 * @throws ExpectedError `unavailable` when it was never set up or was changed by another version: serving it
 *   then could write what the other version cannot read.
 */
export async function checkSchema(database: Database, registry: Registry): Promise<void> {
  const [known] = await database.rows<{ known: boolean }>(
    sql`SELECT to_regclass('hf_schema') IS NOT NULL AS known`,
  );
  const [last] = known?.known ? await database.rows<{ digest: string; apps: string }>(lastApplied) : [];
  if (last?.digest === registry.schemaDigest) return;
  const found = last === undefined ? "none" : `that of ${last.apps}`;
  throw new ExpectedError(
    "unavailable",
    `the database has a schema that this version does not know: found ${found}`,
    {
      hint: "run the schema sync of this version, or start the version that made it",
      details: { found: last?.digest, wanted: registry.schemaDigest },
    },
  );
}

const lastApplied = sql`SELECT digest, apps FROM hf_schema ORDER BY id DESC LIMIT 1`;

async function carryOut(transaction: Statements, { label, statement }: SchemaStep): Promise<void> {
  try {
    await transaction.rows(statement);
  } catch (cause) {
    if (!(cause instanceof ConstraintViolation)) throw cause;
    throw new ExpectedError("conflict", `cannot ${label}: existing rows do not allow it`, {
      hint: "correct the rows first, or write a numbered migration",
      cause,
    });
  }
}

/** What the tables lean on: folding of text, and our own bookkeeping. */
async function preparation(transaction: Statements): Promise<Sql[]> {
  return [
    createFoldFunction(),
    ...((await hasTable(transaction, "hf_schema")) ? [] : [createBookkeeping]),
    ...((await hasTable(transaction, "hf_migration")) ? [] : [createMigrationLog]),
  ];
}

const createBookkeeping = sql`CREATE TABLE hf_schema (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  digest text NOT NULL, apps text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`;

/** One row per change, so that the table tells the history of the schema. */
async function remember(transaction: Statements, registry: Registry): Promise<void> {
  const [last] = await transaction.rows<{ digest: string }>(lastApplied);
  if (last?.digest === registry.schemaDigest) return;
  const apps = registry.apps.map((app) => `${app.name} ${app.version}`).join(", ");
  await transaction.rows(
    sql`INSERT INTO hf_schema (digest, apps) VALUES (${literal(registry.schemaDigest)}, ${literal(apps)})`,
  );
}

function refused(refusals: readonly string[]): ExpectedError {
  return new ExpectedError(
    "conflict",
    `the schema cannot be changed without a migration: ${refusals.join("; ")}`,
    {
      hint: "write a numbered migration for each",
    },
  );
}
