import type { Clock } from "@holdfast/kernel/clock";

/** How long a password waits for the one who asked; afterwards only a reset helps. */
const keptMilliseconds = 600_000;
const maxKept = 1_000;

/** One-time secrets on their way from an operation to whoever waits for it, in memory alone. */
export class Whispers {
  readonly #kept = new Map<string, { readonly secret: string; readonly at: number }>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  keep(key: string, secret: string): void {
    for (const [old, { at }] of this.#kept)
      if (this.#clock.now() - at > keptMilliseconds) this.#kept.delete(old);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= maxKept && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(key, { secret, at: this.#clock.now() });
  }

  /** @returns the secret, the first time only. */
  take(key: string): string | undefined {
    const kept = this.#kept.get(key);
    this.#kept.delete(key);
    return kept?.secret;
  }
}
