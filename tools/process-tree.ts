import { readdirSync, readFileSync } from "node:fs";

/** By this name each job is told which it is; what it starts inherits it, if it is not started with a clean environment. */
export const jobMark = "HOLDFAST_TEST_JOB";

const lookMs = 1_000;
/** How often the tree is looked through for what was started meanwhile; more often only if something runs away. */
const mostRounds = 50;

/**
 * A process with all that came of it, in whatever group or session: its descendants, those that have another parent by
 * now (a supervisor whose starter has ended) if they were seen before, and whatever bears its mark.
 */
export class ProcessTree {
  readonly #mark: string;
  /** With the time at which each began: a number may be given again. */
  readonly #seen = new Map<number, string>();
  readonly #timer: NodeJS.Timeout;

  /** @param mark - the value of {@link jobMark} in its environment. */
  constructor(root: number, mark: string) {
    this.#mark = mark;
    this.#seen.set(root, stateOf(root).began);
    this.#timer = setInterval(() => this.look(), lookMs);
    this.#timer.unref();
  }

  /** Remembers what has come of it by now. @returns all that run. */
  look(): number[] {
    const processes = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? Number(name) : []));
    const states = new Map(processes.map((pid) => [pid, stateOf(pid)]));
    for (const [pid, began] of this.#seen) if (states.get(pid)?.began !== began) this.#seen.delete(pid);
    const childrenOf = Map.groupBy(processes, (pid) => states.get(pid)?.parent ?? 0);
    const found = new Set([...this.#seen.keys(), ...processes.filter((pid) => isMarked(pid, this.#mark))]);
    for (const pid of found) for (const child of childrenOf.get(pid) ?? []) found.add(child);
    for (const pid of found) this.#seen.set(pid, states.get(pid)?.began ?? "");
    return [...found];
  }

  /** Looks no more. */
  forget(): void {
    clearInterval(this.#timer);
  }

  /** Kills all of it. They are stopped first, so that none starts another meanwhile. */
  end(): void {
    this.forget();
    const stopped = new Set<number>();
    for (let round = 0; round < mostRounds; round++) {
      const found = this.look().filter((pid) => !stopped.has(pid));
      if (found.length === 0) break;
      for (const pid of found) {
        signal(pid, "SIGSTOP");
        stopped.add(pid);
      }
    }
    for (const pid of stopped) signal(pid, "SIGKILL");
  }
}

function stateOf(pid: number): { readonly parent: number; readonly began: string } {
  // The name before it is in brackets and may hold anything.
  const words = read(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ") ?? [];
  return { parent: Number(words[1]), began: words[19] ?? "" };
}

function isMarked(pid: number, mark: string): boolean {
  return read(`/proc/${pid}/environ`).split("\0").includes(`${jobMark}=${mark}`);
}

/** Nothing of a process that is gone, or another's. */
function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended already.
  }
}
