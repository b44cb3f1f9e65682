import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { ExpectedError } from "@holdfast/kernel/errors";
import { type Account, launcher } from "@holdfast/protocol/launcher";
import type { LogFile } from "./log-file.ts";
import { identify, signalGroup } from "./process-identity.ts";
import type { PartState } from "./state.ts";

/** How one part is run. */
export interface PartSpec {
  readonly name: string;
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Absent: as the supervisor itself. */
  readonly user?: Account;
  readonly readyMilliseconds: number;
  readonly stopMilliseconds: number;
}

export interface PartLimits {
  readonly firstPauseMilliseconds: number;
  readonly longestPauseMilliseconds: number;
  /** A part that lived this long begins with the first pause again. */
  readonly steadyMilliseconds: number;
}

export const partLimits: PartLimits = {
  firstPauseMilliseconds: 250,
  longestPauseMilliseconds: 30_000,
  steadyMilliseconds: 60_000,
};

export interface PartOptions {
  readonly output: LogFile;
  readonly onChange: () => void;
  readonly limits?: PartLimits;
}

/**
 * One process of the installation: started, watched, started again when it ends unasked (each time
 * after a longer pause, never given up), stopped with its whole process group.
 */
export class Part {
  readonly spec: PartSpec;
  readonly #output: LogFile;
  readonly #onChange: () => void;
  readonly #limits: PartLimits;
  readonly #stopping = new AbortController();
  #child: ChildProcess | undefined;
  #restarting: Promise<void> | undefined;
  #state: PartState;

  constructor(spec: PartSpec, options: PartOptions) {
    this.spec = spec;
    this.#output = options.output;
    this.#onChange = options.onChange;
    this.#limits = options.limits ?? partLimits;
    this.#state = {
      name: spec.name,
      state: "waiting",
      process: null,
      since: now(),
      restarts: 0,
      lastEnd: null,
    };
  }

  get state(): PartState {
    return this.#state;
  }

  /** Starts it and returns when it says that it is ready. @throws ExpectedError `unavailable` with its last words. */
  async start(): Promise<void> {
    const end = await this.#run();
    if (end !== undefined) throw this.#notStarted(end);
  }

  /** Asks it to end, kills its group after its limit, and returns when nothing of it is left. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      this.#change({ state: "stopping" });
      const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      child.kill("SIGTERM");
      await Promise.race([ended, wait(this.spec.stopMilliseconds, undefined, { ref: false })]);
    }
    if (child?.pid !== undefined) signalGroup(child.pid, "SIGKILL");
    await this.#restarting;
    this.#change({ state: "stopped", process: null });
  }

  /** @returns undefined once ready, or how it ended before. */
  #run(): Promise<string | undefined> {
    const child = this.#spawn();
    this.#child = child;
    const started = performance.now();
    this.#change({ state: "starting", process: (child.pid && identify(child.pid)) || null });
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        if (child.pid !== undefined) signalGroup(child.pid, "SIGKILL");
      }, this.spec.readyMilliseconds);
      child.on("message", (message) => {
        if (!(message as { ready?: unknown } | null)?.ready) return;
        clearTimeout(late);
        this.#change({ state: "ready" });
        resolve(undefined);
      });
      const ended = (how: string): void => {
        clearTimeout(late);
        // Workers that a dead master left behind would hold its port.
        if (child.pid !== undefined) signalGroup(child.pid, "SIGKILL");
        const wasReady = this.#state.state === "ready";
        if (!this.#stopping.signal.aborted)
          this.#change({ state: "restarting", process: null, lastEnd: how });
        resolve(how);
        if (wasReady) this.#restart(performance.now() - started);
      };
      child.once("error", (error) => ended(error.message));
      child.once("exit", (code, signal) => ended(signal ? `killed by ${signal}` : `exit code ${code}`));
    });
  }

  #restart(livedMilliseconds: number): void {
    const { firstPauseMilliseconds, longestPauseMilliseconds, steadyMilliseconds } = this.#limits;
    let pause =
      livedMilliseconds > steadyMilliseconds
        ? firstPauseMilliseconds
        : Math.max(firstPauseMilliseconds, this.#pause);
    const again = async (): Promise<void> => {
      for (;;) {
        await wait(pause, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => undefined);
        if (this.#stopping.signal.aborted) return;
        pause = Math.min(pause * 2, longestPauseMilliseconds);
        this.#pause = pause;
        this.#state = { ...this.#state, restarts: this.#state.restarts + 1 };
        if ((await this.#run()) === undefined) return;
      }
    };
    this.#restarting = again();
  }

  #pause = 0;

  #spawn(): ChildProcess {
    const { program, arguments: args, environment, user } = this.spec;
    const [first = program, ...words] = [...launcher(user), program, ...args];
    const child = spawn(first, words, {
      cwd: "/",
      detached: true,
      env: { ...environment },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (bytes: Uint8Array) => this.#output.write(bytes));
    return child;
  }

  #change(change: Partial<PartState>): void {
    this.#state = { ...this.#state, ...change, since: now() };
    this.#onChange();
  }

  #notStarted(end: string): ExpectedError {
    return new ExpectedError("unavailable", `${this.spec.name} did not start (${end})`, {
      hint: `see ${this.#output.path}`,
    });
  }
}

const now = (): string => new Date().toISOString();
