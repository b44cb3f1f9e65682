import { parseArgs } from "node:util";
import { ExpectedError } from "@holdfast/kernel/errors";
import { type Config, type DataFolder, dataFolder, readConfig } from "./data-folder.ts";

/** What every part is started with. */
export interface PartArguments {
  readonly folder: DataFolder;
  readonly config: Config;
}

/** Reads `--data DIR` and the configuration in it; other arguments are left to the part. */
export function partArguments(argv: readonly string[] = process.argv.slice(2)): PartArguments {
  const { values } = parseArgs({ args: [...argv], options: { data: { type: "string" } }, strict: false });
  if (typeof values["data"] !== "string")
    throw new ExpectedError("bad_request", "a part is started with --data DIR");
  const folder = dataFolder(values["data"]);
  return { folder, config: readConfig(folder) };
}

/** Tells the supervisor that this part answers now. Does nothing when it was started by hand. */
export function signalReady(): void {
  process.send?.({ ready: true });
}

/**
 * Runs `stop` once when the part is asked to end (SIGTERM, SIGINT) or its supervisor is gone, then exits.
 * After `limitMilliseconds` it exits without waiting.
 */
export function onStop(stop: () => Promise<void>, limitMilliseconds = 20_000): void {
  let stopping = false;
  const begin = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), limitMilliseconds).unref();
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on("SIGTERM", begin).on("SIGINT", begin);
  if (process.send) process.on("disconnect", begin);
}
