import { base } from "@holdfast/app-base/app";
import { contacts } from "@holdfast/app-contacts/app";
import { products } from "@holdfast/app-products/app";
import { sales } from "@holdfast/app-sales/app";
import type { Registry } from "@holdfast/framework/model/registry";
import { buildRegistry } from "@holdfast/framework/model/build-registry";
import type { App } from "@holdfast/framework/modules/app";
import { ExpectedError } from "@holdfast/kernel/errors";
import { panel } from "./app.ts";

/** The apps that this platform offers, by name. */
const apps: ReadonlyMap<string, App> = new Map([base, contacts, products, sales, panel].map((app) => [app.name, app]));

/** Apps of the control database. */
export const controlApps = ["base", "panel"] as const;

const registries = new Map<string, Registry>();

/** @throws ExpectedError `not_found` for an app that this version does not have. */
export function appOf(name: string): App {
  const app = apps.get(name);
  if (!app)
    throw new ExpectedError("not_found", `there is no app "${name}" in this version`, {
      hint: `known are ${[...apps.keys()].join(", ")}`,
    });
  return app;
}

/** The registry of a set of apps; made once for each set. */
export function registryOf(names: readonly string[]): Registry {
  const key = [...names].sort().join(" ");
  const known = registries.get(key);
  if (known) return known;
  const registry = buildRegistry(names.map(appOf));
  registries.set(key, registry);
  return registry;
}

/** Name and version of each app, as a backup's head says them. */
export function appVersions(names: readonly string[]): { readonly name: string; readonly version: string }[] {
  return names.map((name) => ({ name, version: appOf(name).version }));
}
