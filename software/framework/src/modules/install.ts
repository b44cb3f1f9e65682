import { publicActor } from "../access/actor.ts";
import type { DataSource, Environment } from "../model/environment.ts";
import type { App } from "./app.ts";

/**
 * Writes the base data of all apps, in their order, in one transaction; after every schema sync, since it is
 * safe to run twice.
 */
export function installApps(data: DataSource): Promise<void> {
  return each(data, "install the base data of the apps", (app, env) => app.install?.(env));
}

/** Writes data to play with, safe to run twice. */
export function loadDemo(data: DataSource): Promise<void> {
  return each(data, "load data to play with", (app, env) => app.demo?.(env));
}

/** Makes a copy harmless before anybody reaches it (claim BAK-5). */
export function neutralize(data: DataSource): Promise<void> {
  return each(data, "make a copy harmless", (app, env) => app.neutralize?.(env));
}

/** Settles a restored database before it takes the place of `today`; see {@link App.restored}. Safe to run twice. */
export function settleRestored(data: DataSource, today: DataSource | null): Promise<void> {
  const reason = "settle a restored database";
  const now = today?.reading({ ...publicActor, kind: "system", reason }) ?? null;
  return each(data, reason, (app, env) => app.restored?.(env, now));
}

function each(
  data: DataSource,
  reason: string,
  step: (app: App, env: Environment) => Promise<void> | undefined,
): Promise<void> {
  return data.writing({ ...publicActor, kind: "system", reason }, async (env) => {
    for (const app of data.registry.apps) await step(app, env);
  });
}
