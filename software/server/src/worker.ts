import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Attach, ServerHooks } from "@holdfast/framework/http/hooks";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Log } from "@holdfast/kernel/log";
import type { ServerOptions } from "./options.ts";
import { standAlone } from "./stand-alone.ts";
import { startServer } from "./start-server.ts";
import type { WorkerMessage } from "./supervise-workers.ts";

const stopMilliseconds = 14_000;

/** One worker: answers requests until it is asked to stop, or whoever started it is gone. */
export async function startWorker(options: ServerOptions, log: Log): Promise<void> {
  const tell = (message: WorkerMessage) => process.send?.(message);
  const running = await hooksOf(options, log)
    .then((hooks) => startServer(hooks, { log }))
    .catch((error: unknown) => {
      tell({ kind: "failed", reason: error instanceof Error ? error.message : String(error) });
      throw error;
    });
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), stopMilliseconds).unref();
    running.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log("error", "a worker did not stop in order", { error });
        process.exit(1);
      },
    );
  };
  // Until here the signal just ends us: nothing is under way yet.
  process.on("SIGTERM", stop).on("SIGINT", stop).on("disconnect", stop);
  tell({ kind: "listening", port: running.port });
}

async function hooksOf(options: ServerOptions, log: Log): Promise<ServerHooks> {
  if (options.kind === "alone") return standAlone(options.config);
  // The one place where what surrounds the software comes in; see docs/decisions.
  const module = (await import(pathToFileURL(resolve(options.attach)).href)) as { readonly attach?: Attach };
  if (module.attach === undefined)
    throw new ExpectedError("bad_request", `the module ${options.attach} exports no "attach"`);
  return module.attach({ dataDir: options.dataDir, log });
}
