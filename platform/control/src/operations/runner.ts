import type { DataSource } from "@holdfast/framework/model/environment";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Progress } from "@holdfast/protocol/method";
import type { Parts } from "../parts.ts";
import { runOperation } from "./run.ts";
import type { OperationKind } from "./step.ts";
import { openOperations } from "./store.ts";

/** Operations at work at once; more wait in the table. */
const maxRunning = 4;
/** How often the table is looked at when nobody called {@link OperationRunner.wake}. */
const pollMilliseconds = 500;

type Listener = (progress: Progress) => void;

/**
 * Takes stored operations up and carries them to their end: done, failed (undone) or cancelled (undone).
 * What a former process left running or undoing is taken up at start. One control process runs at a
 * time (it holds the control socket), so that no lease is needed on one host.
 */
export class OperationRunner {
  readonly #parts: Parts;
  readonly #data: DataSource;
  readonly #kinds: ReadonlyMap<string, OperationKind>;
  readonly #running = new Map<number, Promise<void>>();
  readonly #listeners = new Map<number, Set<Listener>>();
  readonly #stopping = new AbortController();
  #woken = Promise.withResolvers<void>();
  #loop: Promise<void> | undefined;

  constructor(parts: Parts, kinds: readonly OperationKind[]) {
    this.#parts = parts;
    this.#data = parts.data;
    this.#kinds = new Map(kinds.map((kind) => [kind.kind, kind]));
  }

  start(): void {
    this.#loop = this.#poll();
  }

  /** Looks at the table now. */
  wake(): void {
    this.#woken.resolve();
  }

  /** Lets running steps end or abort, then returns. What is not done goes on at the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort(new ExpectedError("unavailable", "control is stopping"));
    this.wake();
    await this.#loop;
    await Promise.allSettled(this.#running.values());
  }

  /** Calls `listener` for each progress of the operation until the returned function is called. */
  listen(id: number, listener: Listener): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(id);
    };
  }

  async #poll(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#woken = Promise.withResolvers<void>();
      await this.#take().catch((error: unknown) =>
        this.#parts.log("warn", "operations could not be read", { error }),
      );
      await Promise.race([this.#woken.promise, sleep(pollMilliseconds)]);
    }
  }

  async #take(): Promise<void> {
    if (this.#running.size >= maxRunning) return;
    const open = await openOperations(this.#data, [...this.#running.keys()]);
    for (const operation of open.slice(0, maxRunning - this.#running.size)) {
      const kind = this.#kinds.get(operation.kind);
      if (!kind) {
        this.#parts.log("error", `operation ${operation.key} is of a kind that this version does not know`, {
          kind: operation.kind,
        });
        continue;
      }
      const work = runOperation({
        parts: this.#parts,
        kind,
        operation,
        stopping: this.#stopping.signal,
        progress: (progress) => this.#tell(operation.id, progress),
      })
        .catch((error: unknown) =>
          this.#parts.log("error", `operation ${operation.key} stopped; it goes on later`, { error }),
        )
        .finally(() => {
          this.#running.delete(operation.id);
          this.wake();
        });
      this.#running.set(operation.id, work);
    }
  }

  #tell(id: number, progress: Progress): void {
    for (const listener of this.#listeners.get(id) ?? []) listener(progress);
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
