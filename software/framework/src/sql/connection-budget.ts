import { setTimeout as pause } from "node:timers/promises";
import { ExpectedError } from "@holdfast/kernel/errors";
import pg from "pg";

const waitMilliseconds = 5_000;
const pollMilliseconds = 10;

/**
 * How many connections one process holds to all its databases together. A database that needs one when all are
 * taken gets the place of an idle one of the database that was quiet for longest.
 *
 * The sum over all processes has to stay below the cluster's `max_connections`.
 */
export class ConnectionBudget {
  readonly #most: number;
  /** In the order of their last use. */
  readonly #pools = new Set<pg.Pool>();

  constructor(most: number) {
    this.#most = most;
  }

  get used(): number {
    let used = 0;
    for (const pool of this.#pools) used += pool.totalCount;
    return used;
  }

  /**
   * Opens or borrows a connection once there is room for it.
   *
   * @throws ExpectedError `unavailable` when every connection is at work for five seconds.
   */
  async admit(pool: pg.Pool, open: () => Promise<pg.PoolClient>): Promise<pg.PoolClient> {
    const limit = performance.now() + waitMilliseconds;
    for (;;) {
      this.#pools.delete(pool);
      this.#pools.add(pool);
      // From here to `open` nothing else runs: what was counted is what is there.
      if (!needsNew(pool) || this.used < this.#most) return open();
      if (await this.#closeIdle()) continue;
      if (performance.now() > limit) throw allAtWork();
      await pause(pollMilliseconds);
    }
  }

  forget(pool: pg.Pool): void {
    this.#pools.delete(pool);
  }

  async #closeIdle(): Promise<boolean> {
    for (const pool of this.#pools)
      if (pool.idleCount > 0) {
        (await pool.connect()).release(true);
        return true;
      }
    return false;
  }
}

/** A pool whose connections count in a budget. */
export class BudgetedPool extends pg.Pool {
  readonly #budget: ConnectionBudget;

  constructor(config: pg.PoolConfig, budget: ConnectionBudget) {
    super(config);
    this.#budget = budget;
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(
    done: (error: Error | undefined, client: pg.PoolClient | undefined, release: () => void) => void,
  ): void;
  override connect(
    done?: (error: Error | undefined, client: pg.PoolClient | undefined, release: () => void) => void,
  ): Promise<pg.PoolClient> | undefined {
    const admitted = this.#budget.admit(this, () => super.connect());
    if (done === undefined) return admitted;
    admitted.then(
      (client) => done(undefined, client, () => client.release()),
      (error: Error) => done(error, undefined, () => undefined),
    );
    return undefined;
  }

  override end(): Promise<void> {
    this.#budget.forget(this);
    return super.end();
  }
}

function needsNew(pool: pg.Pool): boolean {
  return pool.idleCount === 0 && pool.totalCount < (pool.options.max ?? 1);
}

function allAtWork(): ExpectedError {
  return new ExpectedError("unavailable", "All connections to the databases are at work.", {
    hint: "try again in a moment",
  });
}
