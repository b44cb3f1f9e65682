import type { Clock } from "@holdfast/kernel/clock";
import { type Actor, publicActor } from "../access/actor.ts";
import { buildRegistry } from "../model/build-registry.ts";
import { openData } from "../model/data-source.ts";
import type { DataSource } from "../model/environment.ts";
import type { Registry } from "../model/registry.ts";
import type { App } from "../modules/app.ts";
import { installApps } from "../modules/install.ts";
import { type Connection, type Database, openDatabase } from "../sql/database.ts";
import { applySchema } from "../sql/schema/apply.ts";
import { ident, sql } from "../sql/sql.ts";
import { type TestCluster, testCluster } from "./cluster.ts";

/** A database of its own for one test, with the schema of some apps and their base data. */
export interface TestDatabase {
  readonly registry: Registry;
  readonly database: Database;
  readonly data: DataSource;
  /** For parts that open connections of their own. Enters as superuser. */
  readonly connection: Connection;
  /** Someone who holds these groups and what they imply. */
  actor(who?: TestActor): Actor;
  /** Above all rights. */
  system(): Actor;
  /** Texts of the statements that `work` sent, transaction control apart. */
  statements(work: () => Promise<unknown>): Promise<string[]>;
  /**
   * Makes PostgreSQL log every statement of this process's server with its parameters, from now on.
   * @returns the file; what was logged before is in it too.
   */
  logStatements(): Promise<string>;
  /** Drops the database. */
  close(): Promise<void>;
}

export type TestActor = Partial<Omit<Actor, "groups">> & { readonly groups?: readonly string[] };

export interface TestDatabaseOptions {
  readonly clock?: Clock;
  /** `false`: tables only, no base data of the apps. */
  readonly install?: boolean;
}

let serial = 0;
const templates = new Map<string, Promise<string>>();

/**
 * A fresh database on a real PostgreSQL of this process. The first call starts the server (about a second),
 * the first call for a set of apps builds their schema; later ones copy it (about 50 ms).
 */
export async function testDatabase(
  apps: readonly App[],
  options: TestDatabaseOptions = {},
): Promise<TestDatabase> {
  const registry = buildRegistry(apps);
  const cluster = await testCluster();
  const name = `test_${++serial}`;
  await copyTemplate(cluster, { name, template: await template(cluster, registry, options) });
  const seen: string[] = [];
  const connection = cluster.connection(name);
  const database = openDatabase({
    ...connection,
    applicationName: "test",
    onStatement: (text) => void seen.push(text),
  });
  return {
    registry,
    database,
    connection,
    data: openData({ database, registry, ...(options.clock && { clock: options.clock }) }),
    actor: (who) => testActor({ ...who, groups: withImplied(registry, who?.groups ?? []) }),
    system: () => testActor({ kind: "system", reason: "a test", userId: null }),
    async statements(work) {
      seen.length = 0;
      await work();
      return [...seen];
    },
    async logStatements() {
      await onMaintenance(cluster, async (admin) => {
        await admin.rows(sql`ALTER SYSTEM SET log_statement = 'all'`);
        await admin.rows(sql`SELECT pg_reload_conf()`);
      });
      return cluster.logFile;
    },
    async close() {
      await database.close();
      await onMaintenance(cluster, (admin) => admin.rows(sql`DROP DATABASE ${ident(name)} WITH (FORCE)`));
    },
  };
}

/** An actor with everything left out that a test does not name. */
export function testActor({ groups = [], ...who }: TestActor = {}): Actor {
  return { ...publicActor, kind: "user", userId: 1, ...who, groups: new Set(groups) };
}

function template(
  cluster: TestCluster,
  registry: Registry,
  { install = true }: TestDatabaseOptions,
): Promise<string> {
  const apps = registry.apps.map(numberOf).join();
  const key = `${registry.schemaDigest} ${apps} ${install}`;
  const known = templates.get(key) ?? makeTemplate(cluster, registry, install);
  templates.set(key, known);
  return known;
}

function withImplied(registry: Registry, groups: readonly string[]): readonly string[] {
  const held = new Set<string>();
  const hold = (key: string): void => {
    if (held.has(key)) return;
    held.add(key);
    for (const implied of registry.groups.get(key)?.implies ?? []) hold(implied);
  };
  for (const key of groups) hold(key);
  return [...held];
}

const numbers = new WeakMap<App, number>();
let lastNumber = 0;

/** Apps of one name may install other data: each object is an app of its own. */
function numberOf(app: App): number {
  const number = numbers.get(app) ?? ++lastNumber;
  numbers.set(app, number);
  return number;
}

async function makeTemplate(cluster: TestCluster, registry: Registry, install: boolean): Promise<string> {
  const name = `template_${templates.size + 1}`;
  await onMaintenance(cluster, (admin) =>
    admin.rows(
      sql`CREATE DATABASE ${ident(name)} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'`,
    ),
  );
  const database = openDatabase(cluster.connection(name));
  try {
    await applySchema(database, registry);
    if (install) await installApps(openData({ database, registry }));
  } finally {
    await database.close();
  }
  return name;
}

function copyTemplate(
  cluster: TestCluster,
  { name, template: from }: { readonly name: string; readonly template: string },
) {
  return onMaintenance(cluster, (admin) =>
    admin.rows(sql`CREATE DATABASE ${ident(name)} TEMPLATE ${ident(from)}`),
  );
}

async function onMaintenance(
  cluster: TestCluster,
  work: (admin: Database) => Promise<unknown>,
): Promise<void> {
  const admin = openDatabase({ ...cluster.connection("postgres"), maxConnections: 1 });
  try {
    await work(admin);
  } finally {
    await admin.close();
  }
}
