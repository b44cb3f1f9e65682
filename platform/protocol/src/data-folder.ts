import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId } from "@holdfast/kernel/id";
import { z } from "zod";
import { tenantIdSchema } from "./ids.ts";

/**
 * The layout of the one folder in which everything lives. A change here is a change of `format`; 2: the customers'
 * files are the server's, which a version before could not read.
 */
export const dataFormat = 2;

export const configSchema = z.object({
  format: z.number().int().positive(),
  /** HTTPS, for all hosts. */
  port: z.number().int().min(1).max(65_535),
  /** SMTP of the outbox, on 127.0.0.1. */
  smtpPort: z.number().int().min(1).max(65_535),
  /** Addresses or networks of proxies before this installation; of them alone `X-Forwarded-For` is believed. */
  trustedProxies: z.array(z.string()).max(100).optional(),
  controlTenantId: tenantIdSchema,
  mode: z.enum(["demo", "empty"]),
  created: z.string(),
});
export type Config = z.output<typeof configSchema>;

/** Every path under the data folder, by name. */
export interface DataFolder {
  readonly root: string;
  readonly config: string;
  readonly rootKey: string;
  /** Stands there once the operator has shown that the recovery file is kept elsewhere; goes with each new root key. */
  readonly recoveryChecked: string;
  readonly keystore: string;
  readonly ca: string;
  readonly caFile: string;
  readonly clusters: string;
  readonly run: string;
  /** Every method of the agent: for control. */
  readonly agentSocket: string;
  /** What the server needs of the agent, and nothing else. */
  readonly agentServerSocket: string;
  /** Every method of control: for the operator's command line. */
  readonly controlSocket: string;
  /** What the server needs of control, and nothing else. */
  readonly controlServerSocket: string;
  readonly files: string;
  readonly vaults: string;
  /** Which vaults there are, when a person chose; see VaultRegistry. */
  readonly vaultsFile: string;
  /** Copies of the keystore that only pose as other places; where the real ones are, when a person chose. */
  readonly replicas: string;
  readonly replicasFile: string;
  /** Who was erased from which customer, as keyed digests. */
  readonly erased: string;
  /** Certificates of keys that were destroyed. */
  readonly shredded: string;
  /** What was written last into each vault's catalog, per tenant. */
  readonly catalogs: string;
  /** Which backups the agent itself saw restored and equal, per tenant. */
  readonly proofs: string;
  readonly outbox: string;
  /** Who has mail that waits; control's. */
  readonly outgoing: string;
  /** Zips on their way in, sealed; control's. */
  readonly uploads: string;
  readonly logs: string;
}

/** @param root - an absolute path. Pure: touches nothing. */
export function dataFolder(root: string): DataFolder {
  const run = join(root, "run");
  return {
    root,
    config: join(root, "config.json"),
    rootKey: join(root, "root.key"),
    recoveryChecked: join(root, ".recovery-checked"),
    keystore: join(root, "keystore"),
    ca: join(root, "ca"),
    caFile: join(root, "ca", "ca.crt"),
    clusters: join(root, "pg"),
    run,
    agentSocket: join(run, "agent.sock"),
    agentServerSocket: join(run, "agent-server.sock"),
    controlSocket: join(run, "control.sock"),
    controlServerSocket: join(run, "control-server.sock"),
    files: join(root, "files"),
    vaults: join(root, "vaults"),
    vaultsFile: join(root, "vaults.json"),
    replicas: join(root, "replicas"),
    replicasFile: join(root, "replicas.json"),
    erased: join(root, "erased"),
    shredded: join(root, "shredded"),
    catalogs: join(root, "catalogs"),
    proofs: join(root, "proofs"),
    outbox: join(root, "outbox"),
    outgoing: join(root, "outgoing"),
    uploads: join(root, "uploads"),
    logs: join(root, "logs"),
  };
}

/** Where a tenant's encrypted objects lie. */
export function filesOf(folder: DataFolder, tenantId: TenantId): string {
  return join(folder.files, tenantId);
}

/** Where a restore loads a tenant's files before they join the live ones. */
export function besideFilesOf(folder: DataFolder, tenantId: TenantId): string {
  return join(folder.files, `.beside-${tenantId}`);
}

/** Reads the configuration. @throws ExpectedError `not_found` when nothing was set up there, `conflict` on newer data. */
export function readConfig(folder: DataFolder): Config {
  let text: string;
  try {
    text = readFileSync(folder.config, "utf8");
  } catch (cause) {
    throw new ExpectedError("not_found", `there is no installation in ${folder.root}`, {
      hint: "run `bin/up`",
      cause,
    });
  }
  const { format } = z.object({ format: z.number() }).parse(JSON.parse(text));
  if (format > dataFormat)
    throw new ExpectedError(
      "conflict",
      `the data in ${folder.root} have format ${format}, this code knows at most ${dataFormat}`,
      {
        hint: "run the newer checkout, or choose another folder with --data",
      },
    );
  return Object.freeze(configSchema.parse(JSON.parse(text)));
}
