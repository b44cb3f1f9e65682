import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { StringDecoder } from "node:string_decoder";
import { jobMark, ProcessTree } from "./process-tree.ts";

/** What one program may say and be heard; of more the end is kept. */
const maxSaidCharacters = 4 * 2 ** 20;

/** How a program ended. */
export interface Ended {
  /** 124 after its limit, 1 when a signal ended it. */
  readonly exitCode: number;
  /** Both its streams, in the order in which they were read. */
  readonly said: string;
}

const running = new Set<() => void>();
let interrupted = false;
process.once("SIGINT", () => {
  interrupted = true;
  for (const stop of running) stop();
});

/** Whether somebody pressed Ctrl-C: what runs was told, and nothing more is begun. */
export function isInterrupted(): boolean {
  return interrupted;
}

/** Runs a program without input and hears it out; after the limit it is killed with all that came of it. */
export async function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly limitMs: number },
): Promise<Ended> {
  const mark = randomUUID();
  const env = { ...process.env, ...options.env, [jobMark]: mark };
  const child = spawn(command, args, {
    cwd: options.cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const tree = child.pid === undefined ? undefined : new ProcessTree(child.pid, mark);
  const said = new Said();
  for (const stream of [child.stdout, child.stderr]) said.hear(stream);
  const stop = (signal: NodeJS.Signals) => {
    if (child.pid) killGroup(child.pid, signal);
  };
  const passOn = () => stop("SIGINT");
  running.add(passOn);
  let isLate = false;
  const limit = setTimeout(() => {
    isLate = true;
    said.add(`stopped after ${options.limitMs / 60_000} minutes: ${command} ${args.at(-1) ?? ""}\n`);
    tree?.end();
  }, options.limitMs);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.once("error", reject);
  // Not "close": what a test left running may hold our pipe for ever.
  child.once("exit", (code, signal) => resolve(isLate ? 124 : (code ?? (signal ? 1 : 0))));
  try {
    const exitCode = await promise;
    await said.end();
    return { exitCode, said: said.text };
  } finally {
    clearTimeout(limit);
    tree?.forget();
    running.delete(passOn);
  }
}

/** How long the pipes of a program that has ended are read on, for what it said last. */
const lastWordsMs = 200;

class Said {
  #text = "";
  readonly #ends: Promise<void>[] = [];
  readonly #streams: NodeJS.ReadableStream[] = [];

  get text(): string {
    return this.#text;
  }

  add(text: string): void {
    this.#text = (this.#text + text).slice(-maxSaidCharacters);
  }

  hear(stream: NodeJS.ReadableStream): void {
    const decoder = new StringDecoder("utf8");
    stream.on("data", (piece: Buffer) => this.add(decoder.write(piece)));
    this.#streams.push(stream);
    this.#ends.push(new Promise((resolve) => stream.once("close", resolve)));
  }

  async end(): Promise<void> {
    const late = new Promise((resolve) => setTimeout(resolve, lastWordsMs).unref());
    await Promise.race([Promise.all(this.#ends), late]);
    for (const stream of this.#streams) (stream as NodeJS.ReadableStream & { destroy(): void }).destroy();
  }
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended already.
  }
}
