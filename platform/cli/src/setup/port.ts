import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";
import { ExpectedError } from "@holdfast/kernel/errors";

/** @returns a port of the loopback address that nobody listens on. */
export function anyFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** @throws ExpectedError that says who holds the port, or that this user may not have it, and what to do. */
export async function refuseBusyPort(port: number): Promise<void> {
  for (const host of ["127.0.0.1", "::1"]) {
    const code = await tryPort(port, host);
    if (code === "EADDRINUSE") throw await busy(port);
    if (code === "EACCES")
      throw new ExpectedError("access_denied", `this user may not listen on port ${port}`, {
        hint: "choose one above 1023: bin/up --port 8443",
      });
  }
}

async function busy(port: number): Promise<ExpectedError> {
  let other = port + 1;
  while (other < 65_535 && (await tryPort(other, "127.0.0.1")) !== undefined) other++;
  return new ExpectedError(
    "conflict",
    `port ${port} is taken by ${holderOf(port) ?? "a process of another user"}`,
    {
      hint: `stop it, or choose another port: bin/up --port ${other}`,
    },
  );
}

/** @returns the error's code, or undefined when one could listen. A machine without IPv6 counts as free. */
function tryPort(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      resolve(error.code === "EADDRNOTAVAIL" || error.code === "EAFNOSUPPORT" ? undefined : error.code),
    );
    server.listen({ port, host, ipv6Only: true }, () => server.close(() => resolve(undefined)));
  });
}

/** @returns "nginx (process 812)", as far as /proc shows it to us. */
export function holderOf(port: number): string | undefined {
  const sockets = new Set(
    ["tcp", "tcp6"].flatMap((table) => listeners(table, port)).map((inode) => `socket:[${inode}]`),
  );
  const pid = readdirSync("/proc").find(
    (name) => /^\d+$/.test(name) && openFiles(name).some((target) => sockets.has(target)),
  );
  return pid ? `${readFileSync(`/proc/${pid}/comm`, "utf8").trim()} (process ${pid})` : undefined;
}

/** Inodes of the sockets that listen on a port. Source: proc(5), /proc/net/tcp: 0A is LISTEN. */
function listeners(table: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  try {
    const rows = readFileSync(`/proc/net/${table}`, "utf8")
      .trim()
      .split("\n")
      .slice(1)
      .map((row) => row.trim().split(/\s+/));
    return rows.flatMap((row) => (row[1]?.endsWith(`:${hex}`) && row[3] === "0A" && row[9] ? [row[9]] : []));
  } catch {
    return [];
  }
}

function openFiles(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((file) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${file}`)];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}
