import type { DataSource } from "@holdfast/framework/model/environment";
import type { Clock } from "@holdfast/kernel/clock";
import type { Log } from "@holdfast/kernel/log";
import type { Claim } from "@holdfast/trust/claim";
import { readEvidence } from "@holdfast/trust/evidence";
import type { Measured } from "@holdfast/trust/measure";
import { noteRound } from "../alarms/rounds.ts";
import type { Measurer } from "./measurer.ts";

/** The start belongs to customers: nothing is measured before this. */
const quietMilliseconds = 20_000;
/** Between two probes, and at least as long as the last one took: measuring is never a burst. */
const pauseMilliseconds = 5_000;
/** How often it is looked whether anything is due. */
const lookMilliseconds = 30_000;

/** Longer than the longest probe may take; noted after each. */
const roundSeconds = 120;

export interface ScheduleParts {
  readonly data: DataSource;
  readonly measurer: Measurer;
  readonly clock: Clock;
  readonly log: Log;
}

/** Measures each claim again before its evidence is too old: one after the other, the most overdue first. */
export class ClaimSchedule {
  readonly #parts: ScheduleParts;
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(parts: ScheduleParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Aborts the probe at work; its evidence stays as it was. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    await pause(quietMilliseconds, signal);
    while (!signal.aborted) {
      const measured = await this.#next().catch((error: unknown) => {
        if (!signal.aborted)
          this.#parts.log("warn", "claims could not be measured; tried again later", { error });
        return undefined;
      });
      await pause(measured ? Math.max(pauseMilliseconds, measured.milliseconds) : lookMilliseconds, signal);
    }
  }

  /** @returns undefined when nothing was due. */
  async #next(): Promise<Measured | undefined> {
    const { data, measurer, clock } = this.#parts;
    const evidence = await readEvidence(data);
    const due = mostOverdue(
      measurer.claims,
      new Map(evidence.map((row) => [row.claim, row.measured_at?.epochMilliseconds])),
      clock.now(),
    );
    const measured = due === undefined ? undefined : await measurer.run(due, this.#stopping.signal);
    await noteRound(data, "measure promises", roundSeconds);
    return measured;
  }
}

/**
 * A claim is due when half of its evidence's life is over, so that a failed or missed round leaves time for
 * another. Never measured comes first.
 *
 * @param measuredAt - milliseconds since the epoch, by claim.
 */
export function mostOverdue(
  claims: readonly Claim[],
  measuredAt: ReadonlyMap<string, number | undefined>,
  nowMs: number,
): Claim | undefined {
  const lateness = (claim: Claim): number => {
    const at = measuredAt.get(claim.id);
    return at === undefined ? Number.POSITIVE_INFINITY : (nowMs - at) / (claim.maxAgeMinutes * 30_000);
  };
  return claims.filter((claim) => lateness(claim) >= 1).sort((a, b) => compare(lateness(b), lateness(a)))[0];
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
