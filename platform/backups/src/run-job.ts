import { spawn } from "node:child_process";
import { getCompileCacheDir } from "node:module";
import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { assert } from "@holdfast/kernel/assert";
import { compiledCode } from "@holdfast/kernel/compiled-code";
import { type ErrorCode, ExpectedError, errorStatus } from "@holdfast/kernel/errors";
import type { JobMessage, JobResults, JobSpec } from "./jobs.ts";
import { limits } from "./limits.ts";
import type { JobOptions } from "./progress.ts";

/** The program of every job: with {@link RunOptions.owner} among its arguments it tells whose job it is. */
export const childFile: string = fileURLToPath(new URL("./child.ts", import.meta.url));

export interface RunOptions extends JobOptions {
  /** Gets the child's log lines; never secrets. */
  readonly onLog?: (line: string) => void;
  /** Gets the job's channel of bytes: read what it writes, or write what it reads. Jobs without one need none. */
  readonly onChannel?: (channel: Duplex) => void;
  /** Called before the first byte on the channel. */
  readonly onStarted?: (started: { readonly bytes: number }) => void;
  /** The words before the program by which it runs as another user. */
  readonly launcher?: readonly string[];
  /** Stands among the process's arguments, so that whoever comes after a death finds what it left running. */
  readonly owner?: string;
}

/**
 * Runs one job in a process of its own and gives its result. Cancelled by the signal; should this process die, the
 * job sees its stdin close and undoes itself.
 *
 * @throws ExpectedError as the job did; `unavailable` when the process died without an answer.
 */
export async function runJob<Kind extends JobSpec["kind"]>(
  spec: Extract<JobSpec, { kind: Kind }>,
  options: RunOptions = {},
): Promise<JobResults[Kind]> {
  options.signal?.throwIfAborted();
  const owner = options.owner === undefined ? [] : [options.owner];
  const [first = "", ...words] = [...(options.launcher ?? []), process.execPath, childFile, ...owner];
  const child = spawn(first, words, {
    stdio: ["pipe", "pipe", "pipe", ...(options.onChannel === undefined ? [] : ["pipe" as const])],
    env: compiledCode(getCompileCacheDir()),
  });
  const { stdin, stdout, stderr } = child;
  assert(stdin && stdout && stderr, "a job's process has its pipes");
  const ended = new Promise<void>((resolve) =>
    child.once("close", () => resolve()).once("error", () => resolve()),
  );
  if (options.onChannel !== undefined) options.onChannel(child.stdio[3] as Duplex);
  stdin.on("error", () => undefined).write(`${JSON.stringify(spec)}\n`);
  createInterface({ input: stderr }).on("line", (line) => options.onLog?.(line));
  let force: NodeJS.Timeout | undefined;
  const cancel = () => {
    child.kill("SIGTERM");
    force = setTimeout(() => child.kill("SIGKILL"), limits.cancelGraceMs);
  };
  options.signal?.addEventListener("abort", cancel, { once: true });
  try {
    const answer = await answerOf(stdout, options);
    await ended;
    if (answer !== undefined && "result" in answer) return answer.result as JobResults[Kind];
    options.signal?.throwIfAborted();
    throw answer === undefined ? died() : errorOf(answer.error);
  } finally {
    clearTimeout(force);
    options.signal?.removeEventListener("abort", cancel);
    child.kill("SIGTERM");
  }
}

type Answer = Exclude<JobMessage, { readonly progress: unknown } | { readonly started: unknown }>;

async function answerOf(stdout: NodeJS.ReadableStream, options: RunOptions): Promise<Answer | undefined> {
  let answer: Answer | undefined;
  for await (const line of createInterface({ input: stdout })) {
    const message: JobMessage = JSON.parse(line);
    if ("progress" in message) options.onProgress?.(message.progress);
    else if ("started" in message) options.onStarted?.(message.started);
    else answer = message;
  }
  return answer;
}

function errorOf({ code, message, hint }: Extract<JobMessage, { error: unknown }>["error"]): Error {
  if (!Object.hasOwn(errorStatus, code)) return new Error(message);
  return new ExpectedError(code as ErrorCode, message, hint === undefined ? {} : { hint });
}

const died = () =>
  new ExpectedError("unavailable", "the backup job ended without an answer", {
    hint: "see its log, then try again",
  });
