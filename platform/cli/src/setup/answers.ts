import { readFileSync } from "node:fs";
import { get } from "node:https";
import { setTimeout as wait } from "node:timers/promises";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Config, DataFolder } from "@holdfast/protocol/data-folder";

const limitMilliseconds = 30_000;

/** Waits until a host answers over HTTPS with a certificate of the local authority. Resolves its own names. */
export async function whenAnswering(folder: DataFolder, config: Config, host: string): Promise<void> {
  const started = performance.now();
  for (;;) {
    const status = await probe(folder, config, host).catch((error: Error) => error);
    if (typeof status === "number" && status < 500) return;
    if (performance.now() - started > limitMilliseconds)
      throw new ExpectedError(
        "unavailable",
        `https://${host}:${config.port} does not answer: ${status instanceof Error ? status.message : `status ${status}`}`,
        {
          hint: "see `bin/holdfast logs server`",
        },
      );
    await wait(100);
  }
}

/** @returns the status of the first page. */
export function probe(folder: DataFolder, config: Config, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get(
      {
        host: "127.0.0.1",
        port: config.port,
        servername: host,
        headers: { host: `${host}:${config.port}` },
        ca: readFileSync(folder.caFile),
        path: "/",
        agent: false,
        timeout: 5_000,
      },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    request.on("timeout", () => request.destroy(new Error("no answer within 5 s")));
    request.on("error", reject);
  });
}
