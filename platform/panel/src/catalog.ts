import { baseApp } from "@holdfast/app-base/app";
import { contactsApp } from "@holdfast/app-contacts/app";
import { productsApp } from "@holdfast/app-products/app";
import { salesApp } from "@holdfast/app-sales/app";
import { buildRegistry } from "@holdfast/framework/model/build-registry";
import type { Registry } from "@holdfast/framework/model/registry";
import type { App } from "@holdfast/framework/modules/app";
import { ExpectedError } from "@holdfast/kernel/errors";
import { type PanelOptions, panelApp } from "./app.ts";

/** Apps of the control database. */
export const controlApps = ["base", "panel"] as const;

/** The apps that this platform offers, by name, and the registries made of them. */
export class Catalog {
  readonly #apps: ReadonlyMap<string, App>;
  readonly #registries = new Map<string, Registry>();

  constructor(options: PanelOptions) {
    const all = [baseApp, contactsApp, productsApp, salesApp, panelApp(options)];
    this.#apps = new Map(all.map((app) => [app.name, app]));
  }

  /** @throws ExpectedError `not_found` for an app that this version does not have. */
  app(name: string): App {
    const app = this.#apps.get(name);
    if (!app)
      throw new ExpectedError("not_found", `there is no app "${name}" in this version`, {
        hint: `known are ${[...this.#apps.keys()].join(", ")}`,
      });
    return app;
  }

  /** The registry of a set of apps; made once for each set. */
  registry(names: readonly string[]): Registry {
    const key = [...names].sort().join(" ");
    const registry = this.#registries.get(key) ?? buildRegistry(names.map((name) => this.app(name)));
    this.#registries.set(key, registry);
    return registry;
  }

  /** Name and version of each app, as a backup's head says them. */
  versions(names: readonly string[]): { readonly name: string; readonly version: string }[] {
    return names.map((name) => ({ name, version: this.app(name).version }));
  }
}
