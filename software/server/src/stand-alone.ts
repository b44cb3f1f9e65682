import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { ServerHooks } from "@holdfast/framework/http/hooks";
import type { App } from "@holdfast/framework/modules/app";
import { ExpectedError } from "@holdfast/kernel/errors";
import { z } from "zod";

const port = z.number().int().min(1).max(65_535);

/** A server of one database, with nothing else around it. Paths are taken from the file's own folder. */
export const standAloneSchema = z.strictObject({
  port,
  /** Host names that it answers on, lower case; certificates must name them. */
  hosts: z.array(z.string().regex(/^[a-z0-9.-]{1,253}$/)).min(1),
  /** What the database is called by clients of the remote API. */
  name: z.string().min(1).max(64),
  /** Modules that export an app: `@holdfast/app-base/app`, or a path that begins with `.` or `/`. */
  apps: z.array(z.string()).min(1),
  database: z.strictObject({
    host: z.string(),
    port,
    database: z.string(),
    user: z.string(),
    /** A file with the password in it; none: the server trusts the socket. */
    passwordFile: z.string().optional(),
    /** The authority that signed the database's certificate; only a unix socket goes without. */
    caFile: z.string().optional(),
  }),
  certificateFile: z.string(),
  keyFile: z.string(),
  /** 32 random bytes. Whoever loses them loses files and links; keep a copy elsewhere. */
  dataKeyFile: z.string(),
  filesDir: z.string(),
  mail: z.strictObject({ host: z.string(), port }).optional(),
  /** Addresses or networks of proxies before this server; of them alone `X-Forwarded-For` is believed. */
  trustedProxies: z.array(z.string()).max(100).optional(),
  /** Whether the administrator may name sign-in providers in private networks, as a company's own directory is. */
  privateNetworks: z.boolean().default(true),
});

export type StandAlone = z.output<typeof standAloneSchema>;

const keyBytes = 32;
const tenantId = "00000000-0000-7000-8000-000000000001";

/** Fills the hooks from one configuration file. @throws ExpectedError that names what is wrong in it. */
export async function standAlone(file: string): Promise<ServerHooks> {
  const config = await readConfiguration(file);
  const at = (path: string) => resolve(dirname(file), path);
  const read = (path: string) => readFile(at(path), "utf8");
  const dataKey = await readFile(at(config.dataKeyFile));
  if (dataKey.byteLength !== keyBytes)
    throw new ExpectedError(
      "bad_request",
      `"${config.dataKeyFile}" has ${dataKey.byteLength} bytes: ${keyBytes} are needed`,
    );
  const certificate = {
    certificatePem: await read(config.certificateFile),
    keyPem: await read(config.keyFile),
  };
  const { caFile, passwordFile, ...database } = config.database;
  const password = passwordFile === undefined ? "" : (await read(passwordFile)).trim();
  const apps = await loadApps(config.apps, dirname(file));
  const place = { id: tenantId, name: config.name, apps: apps.map((app) => app.name), neutralized: false };
  const known = new Set(config.hosts);
  return {
    port: config.port,
    mail: config.mail ?? null,
    trustedProxies: config.trustedProxies ?? [],
    privateNetworks: config.privateNetworks,
    findTenant: async (host) => (known.has(host) ? place : null),
    findTenants: async (hosts) => hosts.map((host) => (known.has(host) ? place : null)),
    openTenant: async () => ({
      connection: { ...database, password, caFile: caFile === undefined ? "" : at(caFile) },
      dataKey,
      filesDir: at(config.filesDir),
    }),
    certificate: async (serverName) => (known.has(serverName) ? certificate : null),
    ownCertificate: async () => certificate,
    loadApp: async (name) => {
      const app = apps.find((one) => one.name === name);
      if (app === undefined) throw new ExpectedError("not_found", `there is no app "${name}" in ${file}`);
      return app;
    },
    close: async () => undefined,
  };
}

async function readConfiguration(file: string): Promise<StandAlone> {
  const parsed = standAloneSchema.safeParse(JSON.parse(await readFile(file, "utf8")));
  if (!parsed.success)
    throw new ExpectedError(
      "bad_request",
      `the configuration ${file} is not right: ${z.prettifyError(parsed.error)}`,
    );
  return Object.freeze(parsed.data);
}

async function loadApps(modules: readonly string[], folder: string): Promise<App[]> {
  return Promise.all(
    modules.map(async (name) => {
      const address = /^[./]/.test(name) ? pathToFileURL(resolve(folder, name)).href : name;
      const exported = Object.values((await import(address)) as Record<string, unknown>);
      const app = exported.find(isApp);
      if (app === undefined) throw new ExpectedError("bad_request", `the module "${name}" exports no app`);
      return app;
    }),
  );
}

function isApp(value: unknown): value is App {
  return (
    typeof value === "object" &&
    value !== null &&
    "models" in value &&
    "depends" in value &&
    "version" in value
  );
}
