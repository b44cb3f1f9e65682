import type { TenantPlace } from "@holdfast/framework/http/hooks";
import type { Clock } from "@holdfast/kernel/clock";
import { ExpectedError } from "@holdfast/kernel/errors";

/** How long an answer counts: a restored database answers on its name after at most this. */
const freshMilliseconds = 2_000;
/** Names remembered; the one that was asked for longest ago goes first. */
const maxNames = 10_000;

interface Answer {
  readonly place: TenantPlace | null;
  readonly at: number;
}

/**
 * Remembers which database answers on which host. While control is away, what was known goes on
 * working; a name that was never asked for then is `unavailable`, not unknown.
 */
export class HostCache {
  readonly #answers = new Map<string, Answer>();
  readonly #asking = new Map<string, Promise<TenantPlace | null>>();
  readonly #ask: (host: string) => Promise<TenantPlace | null>;
  readonly #clock: Clock;

  constructor(ask: (host: string) => Promise<TenantPlace | null>, clock: Clock) {
    this.#ask = ask;
    this.#clock = clock;
  }

  async find(host: string): Promise<TenantPlace | null> {
    const known = this.#answers.get(host);
    if (known && this.#clock.now() - known.at < freshMilliseconds) return known.place;
    try {
      return await this.#askOnce(host);
    } catch (error) {
      const away = error instanceof ExpectedError && error.code === "unavailable";
      if (known && away) return known.place;
      throw error;
    }
  }

  #askOnce(host: string): Promise<TenantPlace | null> {
    const asking = this.#asking.get(host) ?? this.#askAnew(host).finally(() => this.#asking.delete(host));
    this.#asking.set(host, asking);
    return asking;
  }

  async #askAnew(host: string): Promise<TenantPlace | null> {
    const place = await this.#ask(host);
    this.#answers.delete(host);
    this.#answers.set(host, { place, at: this.#clock.now() });
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > maxNames && oldest !== undefined) this.#answers.delete(oldest);
    return place;
  }
}
