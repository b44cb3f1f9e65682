import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { TenantId } from "@holdfast/kernel/id";
import type { ClusterName } from "@holdfast/protocol/agent-methods";
import type { DataFolder } from "@holdfast/protocol/data-folder";

const statementMilliseconds = 30_000;
const debianFolder = "/usr/lib/postgresql";
/** As the agent names them (platform/agent/src/tenant-names.ts); a stranger could read them in the catalog. */
const administrator = "holdfast";

/** A cluster as its administrator, by psql over the local socket: what an attacker with root would have. */
export interface Clusters {
  /** Runs statements in one database, all or none. @returns what they print, unaligned. */
  run(cluster: ClusterName, database: string, statements: string): Promise<string>;
  /** One statement that can stand in no transaction. */
  alone(cluster: ClusterName, database: string, statement: string): Promise<string>;
  /** Lets a role into a database past the agent's own pg_hba.conf. @returns how to take it back. */
  admit(role: string, database: string): Promise<() => Promise<void>>;
}

/** What a tenant is called in PostgreSQL. */
export function postgresNames(tenantId: TenantId): Readonly<Record<"database" | "owner" | "login", string>> {
  const hex = tenantId.replaceAll("-", "");
  return { database: `t_${hex}`, owner: `o_${hex}`, login: `r_${hex}` };
}

/** Opens the hands; nothing is touched before the first call. */
export function clusterHands(folder: DataFolder): Clusters {
  const run: Clusters["run"] = (cluster, database, statements) =>
    psql(folder, { cluster, database }, statements);
  const access = join(folder.clusters, "main", "pg_hba.conf");
  const reload = () => run("main", "postgres", "SELECT pg_reload_conf()");
  return {
    run,
    alone: (cluster, database, statement) => psql(folder, { cluster, database, isAlone: true }, statement),
    admit: async (role, database) => {
      const line = `hostssl ${database} ${role} 127.0.0.1/32 scram-sha-256`;
      writeFileSync(access, `${line}\n${readFileSync(access, "utf8")}`);
      await reload();
      return async () => {
        const rest = readFileSync(access, "utf8")
          .split("\n")
          .filter((one) => one !== line);
        writeFileSync(access, rest.join("\n"));
        await reload();
      };
    },
  };
}

async function psql(
  folder: DataFolder,
  { cluster, database, isAlone = false }: { cluster: ClusterName; database: string; isAlone?: boolean },
  statements: string,
): Promise<string> {
  const port = readFileSync(join(folder.clusters, `${cluster}.port`), "utf8").trim();
  const flags = [
    "--no-psqlrc",
    "--quiet",
    "--tuples-only",
    "--no-align",
    ...(isAlone ? [] : ["--single-transaction"]),
  ];
  const where = ["--host", join(folder.run, `pg-${cluster}`), "--port", port, "--username", administrator];
  const what = ["--set", "ON_ERROR_STOP=1", "--dbname", database, "--command", statements];
  const { stdout } = await promisify(execFile)(program(), [...flags, ...where, ...what], {
    timeout: statementMilliseconds,
    env: { PATH: "/usr/bin:/bin", LANG: "C" },
  }).catch((cause: unknown) => {
    throw new ExpectedError("conflict", "the saboteur could not break the database as its administrator", {
      cause,
    });
  });
  return stdout.trim();
}

function program(): string {
  const majors = existsSync(debianFolder)
    ? readdirSync(debianFolder).map(Number).filter(Number.isFinite)
    : [];
  const found = majors
    .sort((a, b) => b - a)
    .map((major) => join(debianFolder, String(major), "bin", "psql"))
    .find((path) => existsSync(path));
  if (found === undefined)
    throw new ExpectedError("unavailable", `there is no psql in ${debianFolder}`, {
      hint: "apt-get install -y --no-install-recommends postgresql-client",
    });
  return found;
}
