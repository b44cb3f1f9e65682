import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { ExpectedError } from "@holdfast/kernel/errors";

/**
 * Makes this process the only one that is `what` for a folder, until it ends however it ends.
 *
 * @throws ExpectedError `conflict` when another living process is.
 * An abstract socket rather than a lock file: the kernel frees it with the process, so nothing goes
 * stale after kill -9 or a reboot. Linux only; counts within one network namespace.
 */
export function holdExclusively(what: string, folder: string): Promise<{ release(): Promise<void> }> {
  const digest = createHash("sha256").update(folder).digest("hex").slice(0, 32);
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === "EADDRINUSE"
          ? new ExpectedError("conflict", `another ${what} already works in ${folder}`, {
              hint: "`bin/up --status` shows it",
              cause,
            })
          : cause,
      ),
    );
    server.listen(`\0holdfast-${what}-${digest}`, () => {
      server.unref();
      resolve({ release: () => new Promise((released) => server.close(() => released())) });
    });
  });
}
