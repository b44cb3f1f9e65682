import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Connection } from "@holdfast/framework/sql/database";
import type { BenchRun } from "./benchmark.ts";

/** One route of the reference: a statement, and what of the request its parameters are. */
export interface BareRoute {
  readonly text: string;
  /** Parameters of the n-th request; the body's own array of parameters when absent. */
  readonly values?: readonly unknown[];
}

/** What the reference process is told at its start. */
export interface BareOrder {
  readonly connection: Connection;
  readonly connections: number;
  readonly routes: Readonly<Record<string, BareRoute>>;
  /** Served with TLS as our server is; null: plain HTTP. */
  readonly tls: { readonly certificatePem: string; readonly keyPem: string } | null;
}

export interface BareServer {
  readonly port: number;
  readonly pid: number;
}

const program = fileURLToPath(new URL("bare-process.ts", import.meta.url));

/** Starts the reference: Node's own server and the driver, one statement a request, nothing guarded. */
export async function bareServer(run: BenchRun, order: BareOrder): Promise<BareServer> {
  const child = fork(program, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  run.cleanUp(() => child.kill());
  child.send(order);
  const [port] = await Promise.race([
    once(child, "message"),
    once(child, "exit").then(() => {
      throw new Error("the reference did not start");
    }),
  ]);
  return { port: port as number, pid: child.pid as number };
}
