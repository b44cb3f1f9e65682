import { execFile, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
/** A fresh start makes two clusters and a customer; a busy machine takes its time. */
const startMilliseconds = 300_000;
const commandMilliseconds = 180_000;

/** Logins and addresses, as the last line of `bin/up --json` says them. */
export interface Access {
  readonly url: string;
  readonly caFile: string;
  readonly customers: readonly {
    readonly name: string;
    readonly url: string;
    readonly database: string;
    readonly login: string;
    readonly password: string;
  }[];
  readonly operator: { readonly url: string; readonly login: string; readonly password: string };
  readonly mailbox: string;
}

/** What a command left behind. */
export interface Said {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** A whole product in a folder of its own, started with the command that the README names. */
export interface Installation {
  readonly data: string;
  readonly port: number;
  readonly access: Access;
  /** Runs `bin/holdfast` on it. */
  holdfast(...args: string[]): Promise<Said>;
  /** The same with `--json`; fails the test when the command fails. */
  json<T>(...args: string[]): Promise<T>;
  stop(): Promise<void>;
}

/** Starts a fresh installation on free ports; `stop()` ends all its processes and removes its folder. */
export async function startInstallation(options: { readonly empty?: boolean } = {}): Promise<Installation> {
  const data = mkdtempSync(join(tmpdir(), "holdfast-walk-"));
  chmodSync(data, 0o755);
  const port = await freePort();
  const up = (...args: string[]): Promise<Said> =>
    run("bin/up", ["--data", data, ...args], startMilliseconds);
  const stop = async (): Promise<void> => {
    await up("--stop");
    rmSync(data, { recursive: true, force: true });
  };
  const started = await up("--port", String(port), "--json", ...(options.empty ? ["--empty"] : []));
  if (started.exitCode !== 0) {
    await stop();
    throw new Error(`bin/up failed:\n${started.err}\n${started.out}`);
  }
  const holdfast = (...args: string[]): Promise<Said> =>
    run("bin/holdfast", [...args, "--data", data], commandMilliseconds);
  return {
    data,
    port,
    access: lastJson<Access>(started.out),
    holdfast,
    json: async <T>(...args: string[]): Promise<T> => {
      const said = await holdfast(...args, "--json");
      if (said.exitCode !== 0)
        throw new Error(`bin/holdfast ${args.join(" ")} failed:\n${said.err}\n${said.out}`);
      return lastJson<T>(said.out);
    },
    stop,
  };
}

function lastJson<T>(out: string): T {
  return JSON.parse(out.trim().split("\n").at(-1) ?? "") as T;
}

function run(command: string, args: readonly string[], timeout: number): Promise<Said> {
  return new Promise((resolve) => {
    const options = { cwd: root, timeout, maxBuffer: 16 * 1024 * 1024 };
    execFile(join(root, command), [...args], options, (error, out, err) => {
      resolve({ exitCode: error ? Number(error.code ?? 1) || 1 : 0, out, err });
    });
  });
}

/** Runs a program of a third party with the installation's authority trusted, as its user would set it up. */
export function runClient(script: string, args: readonly string[], caFile: string): Promise<Said> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, script), ...args], {
      cwd: root,
      env: { PATH: process.env["PATH"], NODE_EXTRA_CA_CERTS: caFile },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    let err = "";
    child.stdout.on("data", (piece: Buffer) => (out += piece.toString()));
    child.stderr.on("data", (piece: Buffer) => (err += piece.toString()));
    child.on("close", (code) => resolve({ exitCode: code ?? 1, out, err }));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
