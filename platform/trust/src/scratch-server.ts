import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdirSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { DataFolder } from "@holdfast/protocol/data-folder";
import { type Account, launcher } from "@holdfast/protocol/launcher";
import { serverUserName } from "@holdfast/protocol/system-users";
import { copySources, type Patch, type SourceCopy } from "./source-copy.ts";

const readyMilliseconds = 60_000;
const stopMilliseconds = 10_000;

/** Servers that work on this installation's scratch databases alone, from sources that may be weakened. */
export interface ScratchServer {
  /** Port of a server from unchanged sources: what the probe must pass on. Started at first need. */
  intact(): Promise<number>;
  /** Starts one more from sources with these changes. @throws when a change does not apply. */
  weakened(
    patches: readonly Patch[],
    options?: {
      /** Whether it sends mail; its links lead to its own port. */
      readonly mail?: boolean;
    },
  ): Promise<{ readonly port: number; stop(): Promise<void> }>;
  close(): Promise<void>;
}

/** @param codeRoot - what is copied; see `copySources`. */
export function scratchServers(folder: DataFolder, codeRoot: string): ScratchServer {
  let copy: SourceCopy | undefined;
  let intact: Promise<Running> | undefined;
  const sources = (): SourceCopy => {
    copy ??= copySources(codeRoot);
    return copy;
  };
  const start = async (patches: readonly Patch[], { mail = false } = {}): Promise<Running> => {
    const port = await freePort();
    const code = sources();
    try {
      code.apply([...patches, ...confinement(port, mail)]);
      return await run(folder, code.root, port);
    } finally {
      // A running server has read its sources; the next one starts from clean ones.
      code.restore();
    }
  };
  return {
    intact: async () => {
      intact ??= start([]);
      return (await intact).port;
    },
    weakened: start,
    close: async () => {
      await intact?.then((server) => server.stop()).catch(() => undefined);
      copy?.remove();
    },
  };
}

/**
 * What every scratch server is changed in: a port of its own, and no host but scratch ones and the panel's, so that a
 * weakened server never serves a customer. Without mail, whose links would lead to a port that is soon gone.
 */
export function confinement(port: number, mail: boolean): Patch[] {
  const file = "platform/edge/src/attach.ts";
  const outgoing = 'mail: { host: "127.0.0.1", port: config.smtpPort },';
  return [
    { file, find: "port: config.port,", replace: `port: ${port},` },
    {
      file,
      find: "hostSchema.safeParse(host).success ?",
      replace: "hostSchema.safeParse(host).success && /^(?:scratch|drill)-|^panel\\./.test(host) ?",
    },
    ...(mail ? [] : [{ file, find: outgoing, replace: "mail: null," }]),
  ];
}

interface Running {
  readonly port: number;
  stop(): Promise<void>;
}

async function run(folder: DataFolder, root: string, port: number): Promise<Running> {
  const user = serverUser(folder);
  const [first = "", ...words] = [...launcher(user), nodeOf(root)];
  const child = spawn(
    first,
    [
      ...words,
      "--disallow-code-generation-from-strings",
      "--disable-proto=delete",
      join(root, "software/server/src/main.ts"),
      "--data",
      folder.root,
      "--attach",
      join(root, "platform/edge/src/attach.ts"),
      "--workers",
      "1",
    ],
    {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: {
        PATH: "/usr/local/bin:/usr/bin:/bin",
        LANG: "C.UTF-8",
        TZ: "UTC",
        HOME: "/nonexistent",
        // Many servers start from nearly the same sources: each begins in a third of the time.
        NODE_COMPILE_CACHE: compileCache(root, user),
      },
    },
  );
  const stop = () => end(child);
  try {
    await ready(child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, stop };
}

/** Who runs the installation's own server. Where root set nothing up, that is whoever runs control. */
function serverUser({ controlSocket }: DataFolder): Account {
  const { uid, gid } = statSync(controlSocket);
  if (process.getuid?.() !== 0 || uid === 0) return { uid, gid };
  const id = (flag: string): number =>
    Number(execFileSync("id", [flag, serverUserName], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

function compileCache(root: string, owner: Account): string {
  const folder = join(root, ".compiled");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (process.getuid?.() === 0) chownSync(folder, owner.uid, owner.gid);
  return folder;
}

/** The pinned Node of the sources: the one that runs us may stand where their user cannot read it. */
function nodeOf(root: string): string {
  const pinned = join(root, "node_modules", `node-linux-${process.arch}`, "bin", "node");
  return existsSync(pinned) ? pinned : process.execPath;
}

function ready(child: ChildProcess): Promise<void> {
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (piece: Buffer) => {
      said.push(piece.toString("utf8"));
      said.splice(0, said.length - 50);
    });
  const waiting = Promise.withResolvers<void>();
  const fail = (why: string): void =>
    waiting.reject(
      new ExpectedError("unavailable", `the scratch server ${why}: ${said.join("").slice(-2_000)}`),
    );
  const limit = setTimeout(() => fail("is not ready in time"), readyMilliseconds);
  child.once("exit", () => fail("ended"));
  child.once("error", () => fail("cannot be started"));
  child.on("message", (message) => {
    if ((message as { ready?: unknown }).ready === true) waiting.resolve();
  });
  return waiting.promise.finally(() => clearTimeout(limit));
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const limit = setTimeout(() => child.kill("SIGKILL"), stopMilliseconds);
  await exited;
  clearTimeout(limit);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port: 0, host: "127.0.0.1" }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });
}
