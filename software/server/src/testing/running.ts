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
  /** Changes what the host name gives. */
  place: TenantPlace | null;
  /** Whether administrators may name hosts of private networks; what is open already keeps its answer. */
  privateNetworks: boolean;
  browser(host?: string): TestBrowser;
  stop(): Promise<void>;
}

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
  const { caFile, ...connection } = db.connection;
  const dataKey = Buffer.alloc(32, 7);
  const hooks: ServerHooks = {
    port: 0,
    mail: null,
    ...options,
    get privateNetworks() {
      return state.privateNetworks;
    },
    findTenant: async (host) => (host === "acme.localhost" ? state.place : null),
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
  const server = await startServer(hooks, {
    log,
    hasher: quickHasher(),
  });
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
