import type { Registry } from "../../model/registry.ts";
import type { Migration } from "../../modules/migration.ts";
import { literal, type Sql, sql } from "../sql.ts";
import type { Statements } from "../statements.ts";

/** A migration with the app that it belongs to. */
export interface AppMigration {
  readonly app: string;
  readonly migration: Migration;
}

/** Which migrations a database has seen: one row each. */
export const createMigrationLog: Sql = sql`CREATE TABLE hf_migration (app text NOT NULL, number integer NOT NULL,
  label text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (app, number))`;

/** All migrations of the apps, in the order of the apps and of their numbers. */
export function allMigrations({ apps }: Pick<Registry, "apps">): AppMigration[] {
  return apps.flatMap((app) =>
    [...(app.migrations ?? [])]
      .sort((a, b) => a.number - b.number)
      .map((migration) => ({ app: app.name, migration })),
  );
}

/** Those that a database has not seen. None are pending in an empty one: it begins with what is declared. */
export async function pendingMigrations(
  statements: Statements,
  registry: Pick<Registry, "apps">,
): Promise<AppMigration[]> {
  const all = allMigrations(registry);
  if (all.length === 0 || !(await hasTable(statements, "hf_migration"))) return all;
  const rows = await statements.rows<{ app: string; number: number }>(
    sql`SELECT app, number FROM hf_migration`,
  );
  const seen = new Set(rows.map(({ app, number }) => `${app} ${number}`));
  return all.filter(({ app, migration }) => !seen.has(`${app} ${migration.number}`));
}

/** Notes that migrations are done, in the transaction that did them. */
export async function noteMigrations(statements: Statements, done: readonly AppMigration[]): Promise<void> {
  for (const { app, migration } of done)
    await statements.rows(
      sql`INSERT INTO hf_migration (app, number, label)
        VALUES (${literal(app)}, ${literal(migration.number)}, ${literal(migration.label)}) ON CONFLICT DO NOTHING`,
    );
}

/** Whether a table of our own is there. */
export async function hasTable(statements: Statements, name: "hf_schema" | "hf_migration"): Promise<boolean> {
  const [found] = await statements.rows<{ exists: boolean }>(
    sql`SELECT to_regclass(${name}) IS NOT NULL AS "exists"`,
  );
  return found?.exists === true;
}
