import { Worker } from "node:worker_threads";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { HashAnswer, HashOrder } from "./hash-worker.ts";

/** Who waits: `known` (a device that signed in before, or a person who is signed in) has places of its own. */
export type HashLane = "known" | "unknown";

/** Hashes passwords in a thread of its own: a flood of sign-ins slows sign-ins, and nothing else. */
export interface PasswordHasher {
  /** @throws ExpectedError `too_many` when the queue is full. */
  hash(password: string, rounds: number, lane?: HashLane): Promise<string>;
  /** See `verifyPassword`. @throws ExpectedError `too_many` when the queue is full. */
  verify(
    password: string,
    stored: string | null,
    options: { readonly rounds: number; readonly lane: HashLane },
  ): Promise<boolean>;
  /** @throws ExpectedError `too_many` when the queue is full: asked before a try is counted that could not be checked. */
  expectRoom(lane: HashLane): void;
  close(): Promise<void>;
}

/** Orders that may wait, by lane. Beyond it: 429. */
export const hashQueue: Readonly<Record<HashLane, number>> = { unknown: 4, known: 4 };

interface Waiting {
  readonly order: HashOrder;
  readonly lane: HashLane;
  resolve(result: string | boolean): void;
  reject(error: Error): void;
}

type NewOrder = HashOrder extends infer Order ? (Order extends HashOrder ? Omit<Order, "id"> : never) : never;

/** Starts with the first order; one per process. */
export function passwordHasher(): PasswordHasher {
  const thread = new HashThread();
  return {
    hash: async (password, rounds, lane = "known") =>
      String(await thread.add({ kind: "hash", password, rounds }, lane)),
    verify: async (password, stored, { rounds, lane }) =>
      (await thread.add({ kind: "verify", password, stored, rounds }, lane)) === true,
    expectRoom: (lane) => thread.expectRoom(lane),
    close: () => thread.close(),
  };
}

class HashThread {
  readonly #queue: Waiting[] = [];
  #worker: Worker | undefined;
  #running: Waiting | undefined;
  #lastId = 0;

  expectRoom(lane: HashLane): void {
    const ahead = this.#queue.filter((waiting) => waiting.lane === lane).length;
    if (ahead < hashQueue[lane]) return;
    throw new ExpectedError("too_many", "Too many people are signing in at this moment.", {
      hint: "Try again in a few seconds.",
    });
  }

  async add(order: NewOrder, lane: HashLane): Promise<string | boolean> {
    this.expectRoom(lane);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#queue.push({ order: { id, ...order }, lane, resolve, reject });
      this.#next();
    });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
    this.#fail(new ExpectedError("unavailable", "The server is shutting down."));
  }

  #next(): void {
    if (this.#running !== undefined) return;
    const known = this.#queue.findIndex((waiting) => waiting.lane === "known");
    const [next] = this.#queue.splice(Math.max(known, 0), 1);
    if (next === undefined) {
      this.#worker?.unref();
      return;
    }
    this.#running = next;
    this.#thread().postMessage(next.order);
  }

  #thread(): Worker {
    if (this.#worker === undefined) {
      const worker = new Worker(new URL("./hash-worker.ts", import.meta.url));
      worker.on("message", (answer: HashAnswer) => this.#done(answer));
      worker.on("error", (error: Error) => this.#died(worker, error));
      this.#worker = worker;
    }
    this.#worker.ref();
    return this.#worker;
  }

  #done(answer: HashAnswer): void {
    const running = this.#running;
    this.#running = undefined;
    if (running?.order.id === answer.id) running.resolve(answer.result);
    this.#next();
  }

  #died(worker: Worker, error: Error): void {
    if (this.#worker === worker) this.#worker = undefined;
    this.#fail(error);
  }

  #fail(error: Error): void {
    const left = [...(this.#running ? [this.#running] : []), ...this.#queue.splice(0)];
    this.#running = undefined;
    for (const waiting of left) waiting.reject(error);
  }
}
