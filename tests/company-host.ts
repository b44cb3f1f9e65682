import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { baseApp } from "@holdfast/app-base/app";
import { createAdministrator, createUser } from "@holdfast/app-base/create-user";
import { contactsApp } from "@holdfast/app-contacts/app";
import { productsApp } from "@holdfast/app-products/app";
import { salesApp } from "@holdfast/app-sales/app";
import type { Actor } from "@holdfast/framework/access/actor";
import { defaultAdmission } from "@holdfast/framework/http/admission";
import { type Host, requestListener } from "@holdfast/framework/http/listener";
import { pageAssets } from "@holdfast/framework/http/page-assets";
import type { Route, Tenant } from "@holdfast/framework/http/route";
import { routeTable } from "@holdfast/framework/http/route-table";
import type { App } from "@holdfast/framework/modules/app";
import { loadDemo } from "@holdfast/framework/modules/install";
import { dispatch } from "@holdfast/framework/remote/dispatch";
import { remoteRoutes } from "@holdfast/framework/remote/remote-routes";
import { type TestDatabase, testDatabase } from "@holdfast/framework/testing/database";
import { quickHasher, testTenant } from "@holdfast/framework/testing/identity";
import { type Clock, systemClock } from "@holdfast/kernel/clock";
import type { Log } from "@holdfast/kernel/log";
import { systemRandom } from "@holdfast/kernel/random";

/** The demo company, served on a port of this machine in clear: for tests that speak to it from outside. */
export interface CompanyHost {
  readonly url: string;
  readonly tenant: Tenant;
  readonly database: TestDatabase;
  /** What the server logged, newest last. */
  readonly logged: { readonly level: string; readonly message: string; readonly fields: unknown }[];
  actor(login: string): Promise<Actor>;
  /** Calls a remote method as somebody; the result as JSON has it. */
  call(
    login: string,
    model: string,
    method: string,
    args: readonly unknown[],
    kwargs?: Readonly<Record<string, unknown>>,
    // biome-ignore lint/suspicious/noExplicitAny: what a remote caller gets has no type
  ): Promise<any>;
  /** An API key of a user. */
  key(login: string): Promise<string>;
  userId(login: string): Promise<number>;
  close(): Promise<void>;
}

export const passwords = {
  ann: "oak tables for the café",
  bo: "lounge chairs in wool",
  admin: "the keys of the house",
} as const;

/** Starts it, demo data loaded, with the users of {@link passwords} and a portal user without rights. */
export async function companyHost(
  options: {
    readonly clock?: Clock;
    readonly more?: readonly App[];
    /** Served besides the doors of the remote API and what the apps add. */
    readonly routes?: readonly Route[];
    /** Where files of records lie; without it there are none. */
    readonly filesDir?: string;
  } = {},
): Promise<CompanyHost> {
  const database = await testDatabase(
    [baseApp, contactsApp, productsApp, salesApp, ...(options.more ?? [])],
    options,
  );
  const hasher = quickHasher();
  const logged: CompanyHost["logged"] = [];
  const log: Log = (level, message, fields) => void logged.push({ level, message, fields });
  const clock = options.clock ?? systemClock;
  let host: Host | undefined;
  const listener = requestListener({
    findHost: async () => host ?? null,
    assets: new Map(pageAssets.map((asset) => [asset.path, asset])),
    admission: defaultAdmission,
    clock,
    random: systemRandom,
    log,
  });
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { filesDir, routes = [] } = options;
  const tenant = testTenant(database, { hasher, clock, baseUrl: url, ...(filesDir && { filesDir }) });
  const ofApps = database.registry.apps.flatMap((app) => app.routes ?? []);
  host = { tenant, routes: routeTable([...remoteRoutes, ...routes, ...ofApps]) };
  await loadDemo(database.data);
  const ids = await addUsers(tenant, database);
  const userId = async (login: string) => ids.get(login) ?? Promise.reject(new Error(`no user ${login}`));
  return {
    url,
    tenant,
    database,
    logged,
    userId,
    actor: async (login) => (await tenant.identity.actorOf(await userId(login))) as Actor,
    async call(login, model, method, args, kwargs = {}) {
      const actor = (await tenant.identity.actorOf(await userId(login))) as Actor;
      const result = await dispatch(tenant.data, actor, {
        model,
        method,
        args: [...args],
        kwargs: { ...kwargs },
      });
      return JSON.parse(JSON.stringify(result ?? null));
    },
    key: async (login) => tenant.identity.createApiKey(await userId(login), "test"),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await tenant.identity.settle();
      await database.close();
      await hasher.close();
    },
  };
}

async function addUsers(tenant: Tenant, database: TestDatabase): Promise<Map<string, number>> {
  const ids = await database.data.writing(database.system(), async (env) => {
    const admin = await createAdministrator(env, { login: "admin", name: "Ada Admin" });
    const ann = await createUser(env, { login: "ann", name: "Ann", groups: ["sales.user"] });
    const bo = await createUser(env, { login: "bo", name: "Bo", groups: ["sales.manager"] });
    const cy = await createUser(env, { login: "cy", name: "Cy", groups: ["base.portal"] });
    return { admin, ann, bo, cy };
  });
  for (const [login, password] of Object.entries(passwords))
    await tenant.identity.setPassword(ids[login as keyof typeof passwords], password);
  return new Map(Object.entries(ids));
}
