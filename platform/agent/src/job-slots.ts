import { ExpectedError } from "@holdfast/kernel/errors";

/** How many jobs run, and how many may wait for their turn. */
export interface SlotLimits {
  readonly running: number;
  readonly waiting: number;
}

/** Turns for jobs, first come first served. */
export class JobSlots {
  readonly #limits: SlotLimits;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  /**
   * Runs a job when its turn comes.
   *
   * @throws ExpectedError `too_many` when too many wait already; the signal's reason when it is given up before.
   */
  async run<T>(job: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    if (this.#running >= this.#limits.running) await this.#turn(signal);
    else this.#running++;
    try {
      return await job();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    if (this.#waiting.length >= this.#limits.waiting)
      throw new ExpectedError(
        "too_many",
        `${this.#waiting.length} jobs wait already, at most ${this.#limits.waiting} may`,
        {
          hint: "try again when some have ended",
        },
      );
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(begin), 1);
        reject(signal.reason as Error);
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(begin);
    });
  }
}
