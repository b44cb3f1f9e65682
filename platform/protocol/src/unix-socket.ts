import { chmodSync, chownSync, existsSync, unlinkSync } from "node:fs";
import type { Server } from "node:http";
import { connect } from "node:net";
import { ExpectedError } from "@holdfast/kernel/errors";

/** Who may open a socket: its owner alone, or one group besides. */
export interface SocketAccess {
  readonly mode?: 0o600 | 0o660;
  readonly gid?: number;
}

/**
 * Listens on a unix socket that was never open to others, in place of one that a dead process left.
 *
 * @throws ExpectedError `conflict` when a living process listens there already.
 */
export async function listenAt(server: Server, socketPath: string, access: SocketAccess): Promise<void> {
  await removeStaleSocket(socketPath);
  await listen(server, socketPath, access);
}

async function removeStaleSocket(socketPath: string): Promise<void> {
  if (!existsSync(socketPath)) return;
  if (await answers(socketPath))
    throw new ExpectedError("conflict", `another process already listens at ${socketPath}`, {
      hint: "`bin/up --status` shows which",
    });
  unlinkSync(socketPath);
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socketPath);
    probe.once("connect", () => resolve(true)).once("error", () => resolve(false));
    probe.once("connect", () => probe.destroy());
  });
}

async function listen(server: Server, socketPath: string, access: SocketAccess): Promise<void> {
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject).once("listening", listening.resolve);
  // The socket is born closed to others: binding happens inside listen(), before chmod could run.
  const before = process.umask(0o177);
  try {
    server.listen(socketPath);
  } finally {
    process.umask(before);
  }
  await listening.promise;
  if (access.gid !== undefined) chownSync(socketPath, process.getuid?.() ?? 0, access.gid);
  chmodSync(socketPath, access.mode ?? 0o600);
}
