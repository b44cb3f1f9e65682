import type { DataSource } from "@holdfast/framework/model/environment";
import { present } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Progress } from "@holdfast/protocol/method";
import type { Parts } from "../parts.ts";
import { type OperationLimits, operationLimits, pauseAfter } from "./limits.ts";
import { runOperation } from "./run.ts";
import type { OperationKind } from "./step.ts";
import { nextOperation, type StoredOperation, unknownKinds } from "./store.ts";

type Listener = (progress: Progress) => void;

interface Work {
  readonly databaseId: number | undefined;
  readonly ended: Promise<void>;
  /** It stopped short and waits before it is taken up again; others may work meanwhile. */
  isPaused: boolean;
}

/**
 * Takes stored operations up and carries them to their end: done, failed (undone) or cancelled (undone).
 * What a former process left running or undoing is taken up at start. Operations on one database go one
 * after the other. One control process runs at a time (it holds the control socket), so that no lease is
 * needed on one host.
 */
export class OperationRunner {
  readonly #parts: Parts;
  readonly #data: DataSource;
  readonly #kinds: ReadonlyMap<string, OperationKind>;
  readonly #limits: OperationLimits;
  readonly #working = new Map<number, Work>();
  /** How often each stopped short of its end. */
  readonly #stops = new Map<number, number>();
  readonly #listeners = new Map<number, Set<Listener>>();
  readonly #stopping = new AbortController();
  #woken = Promise.withResolvers<void>();
  #loop: Promise<void> | undefined;

  constructor(parts: Parts, kinds: readonly OperationKind[], limits: Partial<OperationLimits> = {}) {
    this.#parts = parts;
    this.#data = parts.data;
    this.#kinds = new Map(kinds.map((kind) => [kind.kind, kind]));
    this.#limits = { ...operationLimits, ...limits };
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
    await Promise.allSettled([...this.#working.values()].map(({ ended }) => ended));
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
    await this.#tellUnknown().catch((error: unknown) => this.#unreadable(error));
    while (!this.#stopping.signal.aborted) {
      this.#woken = Promise.withResolvers<void>();
      await this.#take().catch((error: unknown) => this.#unreadable(error));
      await Promise.race([this.#woken.promise, this.#pause(this.#limits.pollMilliseconds)]);
    }
  }

  async #tellUnknown(): Promise<void> {
    for (const kind of await unknownKinds(this.#data, [...this.#kinds.keys()]))
      this.#parts.log("error", `operations of kind "${kind}" wait: this version does not know it`, { kind });
  }

  async #take(): Promise<void> {
    while (this.#busy < this.#limits.running) {
      const operation = await nextOperation(this.#data, {
        kinds: [...this.#kinds.keys()],
        except: [...this.#working.keys()],
        exceptDatabases: [...this.#working.values()].flatMap(({ databaseId }) => databaseId ?? []),
      });
      if (!operation || this.#stopping.signal.aborted) return;
      const databaseId = operation.database_id?.id;
      this.#working.set(operation.id, { databaseId, ended: this.#work(operation), isPaused: false });
    }
  }

  get #busy(): number {
    return [...this.#working.values()].filter(({ isPaused }) => !isPaused).length;
  }

  async #work(operation: StoredOperation): Promise<void> {
    try {
      await runOperation({
        parts: this.#parts,
        kind: present(this.#kinds.get(operation.kind), `kind ${operation.kind}`),
        operation,
        limits: this.#limits,
        stopping: this.#stopping.signal,
        progress: (progress) => this.#tell(operation.id, progress),
      });
      this.#stops.delete(operation.id);
    } catch (error) {
      if (!this.#stopping.signal.aborted) await this.#stoppedShort(operation, error);
    } finally {
      this.#working.delete(operation.id);
      this.wake();
    }
  }

  async #stoppedShort(operation: StoredOperation, error: unknown): Promise<void> {
    const stops = (this.#stops.get(operation.id) ?? 0) + 1;
    this.#stops.set(operation.id, stops);
    this.#parts.log("error", `operation ${operation.key} stopped; it goes on later`, { error, stops });
    const work = this.#working.get(operation.id);
    if (work) work.isPaused = true;
    this.wake();
    await this.#pause(pauseAfter(stops, this.#limits));
  }

  #tell(id: number, progress: Progress): void {
    for (const listener of this.#listeners.get(id) ?? []) listener(progress);
  }

  #unreadable(error: unknown): void {
    this.#parts.log("warn", "operations could not be read", { error });
  }

  /** Ends early when the runner stops. */
  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#stopping.signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      this.#stopping.signal.addEventListener("abort", end, { once: true });
    });
  }
}
