import cluster from "node:cluster";
import { availableParallelism } from "node:os";
import { ExpectedError } from "@holdfast/kernel/errors";
import { jsonLog, type Log } from "@holdfast/kernel/log";
import { serverOptions } from "./options.ts";
import { superviseWorkers } from "./supervise-workers.ts";
import { startWorker } from "./worker.ts";

const part = cluster.isPrimary ? "server" : `server ${cluster.worker?.id ?? 0}`;
const everything = jsonLog(part, (line) => process.stdout.write(line));
/** One line a request and one a system scope are for debugging, not for every day. */
const log: Log = (level, message, fields) => {
  if (level !== "debug") everything(level, message, fields);
};
try {
  const options = serverOptions(process.argv.slice(2), availableParallelism());
  if (cluster.isPrimary) await superviseWorkers(options.workers, log);
  else await startWorker(options, log);
} catch (error) {
  const hint = error instanceof ExpectedError ? error.hint : undefined;
  log("error", "the server does not start", { error, hint });
  process.exit(1);
}
