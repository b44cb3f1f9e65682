import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { ServerHooks } from "@holdfast/framework/http/hooks";
import type { App } from "@holdfast/framework/modules/app";
import { ExpectedError } from "@holdfast/kernel/errors";
import { z } from "zod";

const configSchema = z.strictObject({
  port: z.number().int().min(1).max(65_535),
  /** The one host name that is answered. */
  host: z.string(),
  name: z.string(),
  tenantId: z.string(),
  /** App name → module file that exports it, and as what. */
  apps: z.array(z.strictObject({ name: z.string(), module: z.string(), export: z.string() })).min(1),
  connection: z.strictObject({
    host: z.string(),
    port: z.number().int(),
    database: z.string(),
    user: z.string(),
    password: z.string(),
    caFile: z.string(),
  }),
  /** File with 32 random bytes, readable by the server alone. */
  dataKeyFile: z.string(),
  filesDir: z.string(),
  certificateFile: z.string(),
  keyFile: z.string(),
  mail: z.strictObject({ host: z.string(), port: z.number().int() }).nullable().default(null),
});

const dataKeyBytes = 32;

/** One customer on one's own machine, without any platform: everything comes from one file. Source: claim OWASP-7. */
export async function standAlone(file: string): Promise<ServerHooks> {
  const parsed = configSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
  if (!parsed.success)
    throw new ExpectedError("invalid", `${file}: ${z.prettifyError(parsed.error)}`, {
      hint: "docs/stand-alone.md lists every setting",
    });
  const config = parsed.data;
  const dataKey = readFileSync(config.dataKeyFile);
  if (dataKey.length !== dataKeyBytes)
    throw new ExpectedError(
      "invalid",
      `${config.dataKeyFile} holds ${dataKey.length} bytes, ${dataKeyBytes} are wanted`,
      {
        hint: `head -c ${dataKeyBytes} /dev/urandom > ${config.dataKeyFile}`,
      },
    );
  const certificate = {
    certificatePem: readFileSync(config.certificateFile, "utf8"),
    keyPem: readFileSync(config.keyFile, "utf8"),
  };
  const place = {
    id: config.tenantId,
    name: config.name,
    apps: config.apps.map((app) => app.name),
    neutralized: false,
  };
  return {
    port: config.port,
    mail: config.mail,
    findTenant: async (host) => (host === config.host ? place : null),
    openTenant: async () => ({ connection: config.connection, dataKey, filesDir: config.filesDir }),
    certificate: async (serverName) => (serverName === config.host ? certificate : null),
    loadApp: async (name) =>
      loadApp(
        config.apps.find((app) => app.name === name),
        name,
      ),
    close: async () => undefined,
  };
}

async function loadApp(
  entry: { readonly module: string; readonly export: string } | undefined,
  name: string,
): Promise<App> {
  if (entry === undefined) throw new ExpectedError("not_found", `the configuration names no app "${name}"`);
  const module = (await import(pathToFileURL(resolve(entry.module)).href)) as Record<string, App | undefined>;
  const app = module[entry.export];
  if (app?.name !== name)
    throw new ExpectedError("invalid", `${entry.module} exports no app "${name}" as ${entry.export}`);
  return app;
}
