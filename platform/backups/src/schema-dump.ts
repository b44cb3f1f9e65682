import { spawn } from "node:child_process";
import { buffer } from "node:stream/consumers";
import { ExpectedError } from "@holdfast/kernel/errors";
import { limits } from "./limits.ts";
import type { DatabaseAddress } from "./postgres.ts";

/**
 * The schema as SQL, of the same snapshot as the data, for people who restore without us. We never execute it.
 *
 * The password goes to pg_dump as a connection service file through a pipe: it is in no argument, environment variable
 * or file. (libpq takes a password *file* only when it is a plain file; a service file may be a pipe.)
 *
 * @param pgDump - path of the client program, of the server's major version or newer.
 */
export async function dumpSchema(
  address: DatabaseAddress,
  snapshot: string,
  options: { readonly pgDump: string; readonly signal?: AbortSignal | undefined },
): Promise<Buffer> {
  const args = ["--schema-only", "--no-owner", "--no-privileges", "--no-password", `--snapshot=${snapshot}`];
  if (address.role !== undefined) args.push(`--role=${address.role}`);
  const child = spawn(
    "/bin/sh",
    ["-c", 'cat | exec "$0" "$@"', options.pgDump, ...args, "--dbname=service=holdfast"],
    {
      stdio: ["pipe", "pipe", "pipe"],
      env: { PGSERVICEFILE: "/dev/stdin", PATH: "/usr/bin:/bin", LC_ALL: "C" },
      detached: true, // a group of its own, so that shell, cat and pg_dump end together
    },
  );
  const kill = () => killGroup(child.pid);
  options.signal?.addEventListener("abort", kill, { once: true });
  const timer = setTimeout(kill, limits.schemaDumpMs);
  try {
    child.stdin.on("error", () => undefined).end(serviceFile(address));
    const ended = new Promise<number | null>((resolve, reject) =>
      child.on("error", reject).on("close", resolve),
    );
    const [sql, complaint, code] = await Promise.all([
      atMost(child.stdout, kill),
      buffer(child.stderr),
      ended,
    ]);
    options.signal?.throwIfAborted();
    if (code !== 0) throw failed(complaint.toString());
    return sql;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", kill);
  }
}

function serviceFile(address: DatabaseAddress): string {
  const settings = {
    host: address.host,
    port: address.port,
    dbname: address.database,
    user: address.user,
    ...(address.password === undefined ? {} : { password: address.password }),
    ...(address.caFile === undefined ? {} : { sslmode: "verify-full", sslrootcert: address.caFile }),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  if (lines.some((line) => /[\r\n]/.test(line)))
    throw new ExpectedError("bad_request", "a connection setting has a line break");
  return ["[holdfast]", ...lines, ""].join("\n");
}

async function atMost(source: AsyncIterable<Buffer>, kill: () => void): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of source) {
    bytes += part.byteLength;
    if (bytes > limits.schemaBytes) {
      kill();
      throw new ExpectedError("too_large", `the schema is larger than ${limits.schemaBytes} bytes`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // it has ended already
  }
}

function failed(complaint: string): ExpectedError {
  return new ExpectedError("unavailable", "the schema could not be dumped", {
    hint: "see the log of the job",
    details: { complaint: complaint.slice(0, 2_000) },
  });
}
