import type { TenantPlace } from "@holdfast/framework/http/hooks";
import { assert } from "@holdfast/kernel/assert";
import type { Clock } from "@holdfast/kernel/clock";
import { ExpectedError } from "@holdfast/kernel/errors";

/** How long an answer counts: a restored database answers on its name after at most this. */
const freshMilliseconds = 2_000;
/** Names remembered; the one that was asked for longest ago goes first. */
const maxNames = 10_000;

/** Answers in the order of the hosts; null: no database answers there. */
type AskPlaces = (hosts: readonly string[]) => Promise<(TenantPlace | null)[]>;

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
  readonly #ask: AskPlaces;
  readonly #clock: Clock;

  constructor(ask: AskPlaces, clock: Clock) {
    this.#ask = ask;
    this.#clock = clock;
  }

  async find(host: string): Promise<TenantPlace | null> {
    const known = this.#answers.get(host);
    if (known && this.#clock.now() - known.at < freshMilliseconds) return known.place;
    try {
      return await this.#askOnce(host);
    } catch (error) {
      if (known && isAway(error)) return known.place;
      throw error;
    }
  }

  /** Asks about all of them anew, in one question. A visitor never waits for it, nor fails with it. */
  async findAll(hosts: readonly string[]): Promise<(TenantPlace | null)[]> {
    try {
      return await this.#askAnew(hosts);
    } catch (error) {
      const known = hosts.flatMap((host) => this.#answers.get(host) ?? []);
      if (known.length === hosts.length && isAway(error)) return known.map(({ place }) => place);
      throw error;
    }
  }

  #askOnce(host: string): Promise<TenantPlace | null> {
    const asking =
      this.#asking.get(host) ??
      this.#askAnew([host])
        .then(([place = null]) => place)
        .finally(() => this.#asking.delete(host));
    this.#asking.set(host, asking);
    return asking;
  }

  async #askAnew(hosts: readonly string[]): Promise<(TenantPlace | null)[]> {
    const places = await this.#ask(hosts);
    assert(places.length === hosts.length, "there is an answer for each host");
    for (const [at, host] of hosts.entries()) this.#remember(host, places[at] ?? null);
    return places;
  }

  #remember(host: string, place: TenantPlace | null): void {
    this.#answers.delete(host);
    this.#answers.set(host, { place, at: this.#clock.now() });
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > maxNames && oldest !== undefined) this.#answers.delete(oldest);
  }
}

function isAway(error: unknown): boolean {
  return error instanceof ExpectedError && error.code === "unavailable";
}
