import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ServerHooks, TenantPlace } from "@holdfast/framework/http/hooks";
import type { App } from "@holdfast/framework/modules/app";
import { testCertificate } from "@holdfast/framework/testing/certificate";
import { type TestDatabase, testDatabase } from "@holdfast/framework/testing/database";
import { quickHasher } from "@holdfast/framework/testing/identity";
import { identityApp } from "@holdfast/framework/testing/identity-app";
import type { Log, LogFields } from "@holdfast/kernel/log";
import { type RunningServer, startServer } from "../start-server.ts";
import { TestBrowser } from "./browser.ts";

/** A server in this process over a database of its own. */
export interface RunningTest {
  readonly db: TestDatabase;
  readonly server: RunningServer;
  readonly port: number;
  readonly caPem: string;
  /** Makes a tenant of the same database and the same keys as the server's, for `testTenant`. */
  readonly keys: { readonly id: string; readonly dataKey: Uint8Array };
  /** Of its certificate; a browser that does not know the authority trusts its key. */
  readonly leafPem: string;
  /** What it logged, whole. */
  readonly logged: { readonly level: string; readonly message: string; readonly fields: LogFields }[];
  /** Hosts of each question that came so far: one of a visitor, all that is open of who looks again. */
  readonly asked: (readonly string[])[];
  /** Changes what the host name gives. */
  place: TenantPlace | null;
  /** Whether administrators may name hosts of private networks; what is open already keeps its answer. */
  privateNetworks: boolean;
  browser(host?: string): TestBrowser;
  stop(): Promise<void>;
}

/** Others that answer, as further tenants over the same database. */
const neighbours = new Map([
  ["beta.localhost", "00000000-0000-7000-8000-0000000be7a0"],
  ["gamma.localhost", "00000000-0000-7000-8000-000000009a33"],
]);

/** Starts one: the host is acme.localhost, everything real but the surroundings. */
export async function runningServer(
  apps: readonly App[] = [identityApp],
  options: Partial<Pick<ServerHooks, "trustedProxies" | "mail" | "outgoing">> = {},
): Promise<RunningTest> {
  const db = await testDatabase(apps);
  const folder = mkdtempSync(join(tmpdir(), "holdfast-server-test-"));
  const certificate = testCertificate(folder, ["acme.localhost"]);
  const logged: RunningTest["logged"] = [];
  const log: Log = (level, message, fields = {}) => void logged.push({ level, message, fields });
  const state: Pick<RunningTest, "place" | "privateNetworks"> = {
    privateNetworks: true,
    place: {
      id: "00000000-0000-7000-8000-00000000acae",
      name: "acme",
      apps: apps.map((app) => app.name),
      neutralized: false,
    },
  };
  const asked: RunningTest["asked"] = [];
  const { caFile, ...connection } = db.connection;
  const dataKey = Buffer.alloc(32, 7);
  const hooks: ServerHooks = {
    port: 0,
    mail: null,
    ...options,
    get privateNetworks() {
      return state.privateNetworks;
    },
    ...places(apps, state, asked),
    openTenant: async () => ({
      connection: { ...connection, caFile: caFile ?? "" },
      dataKey,
      filesDir: folder,
    }),
    certificate: async (name) => (name === "acme.localhost" ? certificate : null),
    ownCertificate: async () => certificate,
    loadApp: async (name) => apps.find((app) => app.name === name) as App,
    close: async () => undefined,
  };
  const server = await startServer(hooks, { log, hasher: quickHasher() });
  Object.assign(hooks, { port: server.port });
  const browsers: TestBrowser[] = [];
  return Object.assign(state, {
    db,
    server,
    port: server.port,
    caPem: certificate.caPem,
    keys: { id: state.place?.id ?? "", dataKey },
    leafPem: certificate.certificatePem,
    logged,
    asked,
    browser: (host = "acme.localhost") => {
      const browser = new TestBrowser(server.port, certificate.caPem, host);
      browsers.push(browser);
      return browser;
    },
    stop: async () => {
      for (const browser of browsers) browser.close();
      await server.stop();
      await db.close();
      rmSync(folder, { recursive: true, force: true });
    },
  });
}

function places(
  apps: readonly App[],
  state: Pick<RunningTest, "place">,
  asked: RunningTest["asked"],
): Pick<ServerHooks, "findTenant" | "findTenants"> {
  const placeOf = (host: string): TenantPlace | null => {
    if (host === "acme.localhost") return state.place;
    const id = neighbours.get(host);
    if (id === undefined) return null;
    return { id, name: host, apps: apps.map((app) => app.name), neutralized: false };
  };
  const findTenants = async (hosts: readonly string[]) => {
    asked.push(hosts);
    return hosts.map(placeOf);
  };
  return { findTenants, findTenant: async (host) => (await findTenants([host]))[0] ?? null };
}
