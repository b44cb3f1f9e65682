import { parseArgs } from "node:util";
import { ExpectedError } from "@holdfast/kernel/errors";

/** How the server is started: with a platform attached, or alone from one configuration file. */
export type ServerOptions =
  | { readonly kind: "attached"; readonly dataDir: string; readonly attach: string; readonly workers: number }
  | { readonly kind: "alone"; readonly config: string; readonly workers: number };

const maxWorkers = 64;

/** @param cores - processors of this machine; at least two workers, so that one may die unnoticed. */
export function serverOptions(argv: readonly string[], cores: number): ServerOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      data: { type: "string" },
      attach: { type: "string" },
      config: { type: "string" },
      workers: { type: "string" },
    },
  });
  const workers = values.workers === undefined ? Math.max(2, cores) : Number(values.workers);
  if (!Number.isInteger(workers) || workers < 1 || workers > maxWorkers)
    throw new ExpectedError("bad_request", `"${values.workers}" is no number of workers: 1 to ${maxWorkers}`);
  if (values.config !== undefined) return { kind: "alone", config: values.config, workers };
  if (values.data === undefined || values.attach === undefined)
    throw new ExpectedError(
      "bad_request",
      "the server is started with --data DIR --attach MODULE, or --config FILE",
    );
  return { kind: "attached", dataDir: values.data, attach: values.attach, workers };
}
