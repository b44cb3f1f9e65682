import { type ChildProcess, spawn } from "node:child_process";
import { type Account, launcher } from "@holdfast/protocol/launcher";

const readyMilliseconds = 300_000;
const keptOutput = 200_000;

/** How a part of an installation is run by a test. */
export interface RealPartSpec {
  readonly main: string;
  /** Loaded into it before its own code: what harms it from within. */
  readonly preload?: string | undefined;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly user?: Account | undefined;
}

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const preloaded = ({ preload }: RealPartSpec): string[] =>
  preload === undefined ? [] : ["--import", preload];

/** One part as a process of its own, as the supervisor would run it; killed by the test that started it. */
export class RealPart {
  readonly pid: number;
  /** Resolves when it is gone, however it went. */
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  #output = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid ?? 0;
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (data: Buffer) => {
        this.#output = (this.#output + data.toString("utf8")).slice(-keptOutput);
      });
    this.ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => resolve({ code, signal }));
      child.once("error", () => resolve({ code: 127, signal: null }));
    });
  }

  /** @returns once it says that it is ready, or is gone already: a failpoint may lie before that. */
  static async start(spec: RealPartSpec): Promise<RealPart> {
    const program = [process.execPath, ...preloaded(spec), spec.main, ...spec.arguments];
    const [first = "", ...words] = [...launcher(spec.user), ...program];
    const child = spawn(first, words, {
      cwd: "/",
      env: { PATH: "/usr/bin:/bin", TZ: "UTC", ...spec.environment },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    const part = new RealPart(child);
    const ready = new Promise<boolean>((resolve) => child.once("message", () => resolve(true)));
    const late = setTimeout(() => child.kill("SIGKILL"), readyMilliseconds);
    await Promise.race([ready, part.ended]);
    clearTimeout(late);
    return part;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What it wrote, the last of it: its log, to be read when a test fails. */
  get output(): string {
    return this.#output;
  }

  /** As a loss of power: nothing of it runs on. */
  kill(): Promise<Ending> {
    this.#child.kill("SIGKILL");
    return this.ended;
  }

  /** As the supervisor stops it. */
  stop(): Promise<Ending> {
    this.#child.kill("SIGTERM");
    return this.ended;
  }
}
