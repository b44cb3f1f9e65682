import cluster from "node:cluster";
import { availableParallelism } from "node:os";
import { ExpectedError } from "@holdfast/kernel/errors";
import { jsonLog } from "@holdfast/kernel/log";
import { serverOptions } from "./options.ts";
import { startWorker } from "./worker.ts";
import { superviseWorkers } from "./workers.ts";

const part = cluster.isPrimary ? "server" : `server ${cluster.worker?.id ?? 0}`;
const log = jsonLog(part, (line) => process.stdout.write(line));
try {
  const options = serverOptions(process.argv.slice(2), availableParallelism());
  if (cluster.isPrimary) await superviseWorkers(options.workers, log);
  else await startWorker(options, log);
} catch (error) {
  const hint = error instanceof ExpectedError ? error.hint : undefined;
  log("error", "the server does not start", { error, hint });
  process.exit(1);
}
