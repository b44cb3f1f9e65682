import type { ServerHooks } from "@holdfast/framework/http/hooks";
import { type RouteTable, routeTable } from "@holdfast/framework/http/route-table";
import { buildRegistry } from "@holdfast/framework/model/build-registry";
import type { Registry } from "@holdfast/framework/model/registry";
import { frameworkRoutes } from "./framework-routes.ts";

/** Registry and routes of one set of apps, shared by all tenants that have it. */
export interface AppSet {
  readonly registry: Registry;
  readonly routes: RouteTable;
}

/** Builds each set of apps once. */
export class AppSets {
  readonly #hooks: Pick<ServerHooks, "loadApp">;
  readonly #sets = new Map<string, Promise<AppSet>>();

  constructor(hooks: Pick<ServerHooks, "loadApp">) {
    this.#hooks = hooks;
  }

  of(names: readonly string[]): Promise<AppSet> {
    const key = [...names].sort().join(" ");
    const building = this.#sets.get(key) ?? this.#build(names);
    this.#sets.set(key, building);
    building.catch(() => this.#sets.delete(key));
    return building;
  }

  async #build(names: readonly string[]): Promise<AppSet> {
    const registry = buildRegistry(await Promise.all(names.map((name) => this.#hooks.loadApp(name))));
    const routes = routeTable([...frameworkRoutes, ...registry.apps.flatMap((app) => app.routes ?? [])]);
    return { registry, routes };
  }
}
