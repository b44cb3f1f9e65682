import type { OutgoingNotes } from "@holdfast/framework/http/hooks";
import type { Log } from "@holdfast/kernel/log";

/** Soon after the start, when whoever visits has come first; then this often. */
const wakeMilliseconds = { first: 3_000, every: 60_000 } as const;
/** Opened in one round, and of them at once: what waits must not push out those who are being visited. */
const wakesPerRound = 20;
const wakesAtOnce = 2;

/**
 * Opens the databases in which something is due to be sent and that nobody visits: after a restart, and when one was
 * closed for room. What waits is then sent by the rounds of open tenants.
 */
export class Wakes {
  readonly #notes: OutgoingNotes;
  readonly #open: (host: string) => Promise<unknown>;
  readonly #log: Log;
  #timer: NodeJS.Timeout;
  #round: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(notes: OutgoingNotes, open: (host: string) => Promise<unknown>, log: Log) {
    this.#notes = notes;
    this.#open = open;
    this.#log = log;
    this.#timer = this.#after(wakeMilliseconds.first);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#round;
  }

  #after(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#round = this.#wake()
        .catch((error: unknown) => this.#log("warn", "nobody could be woken for what waits", { error }))
        .finally(() => {
          if (!this.#isClosed) this.#timer = this.#after(wakeMilliseconds.every);
        });
    }, milliseconds).unref();
  }

  async #wake(): Promise<void> {
    const hosts = [...(await this.#notes.due())].slice(0, wakesPerRound);
    const next = async (): Promise<void> => {
      for (let host = hosts.pop(); host !== undefined && !this.#isClosed; host = hosts.pop())
        await this.#open(host).catch((error: unknown) =>
          this.#log("warn", "a database could not be opened for what waits", { host, error }),
        );
    };
    await Promise.all(Array.from({ length: wakesAtOnce }, next));
  }
}
