import { performance } from "node:perf_hooks";
import type { BenchRun, Bound, Figure } from "./benchmark.ts";

/** Two ways to the same end, and what our way has to hold against the other. */
export interface Comparison {
  readonly name: string;
  readonly unit: string;
  readonly bound: Bound | null;
  /** One round: returns the amount, in the unit. */
  ours(): Promise<number>;
  readonly reference: { readonly name: string; measure(): Promise<number> };
}

/**
 * Measures two sides in turns, and changes which goes first with every round: a machine that is busy for a
 * while slows both. One round of each before the first counts for nothing.
 */
export async function compare(run: BenchRun, comparison: Comparison): Promise<Figure> {
  const { name, unit, bound, reference } = comparison;
  const sides = [comparison.ours, reference.measure];
  if (!run.quick) for (const side of sides) await side();
  const ours: number[] = [];
  const others: number[] = [];
  for (let round = 0; round < run.rounds; round++) {
    if (round % 2 === 0) ours.push(await comparison.ours());
    others.push(await reference.measure());
    if (round % 2 === 1) ours.push(await comparison.ours());
    run.note(`${name}: round ${round + 1} of ${run.rounds}: ${ours[round]} to ${others[round]} ${unit}`);
  }
  return figure(run, { name, unit, bound, ours, reference: { name: reference.name, values: others } });
}

/** Rounds that were measured elsewhere, as one figure. Without a reference the bound is on the amount. */
export function figure(
  run: Pick<BenchRun, "quick">,
  given: {
    readonly name: string;
    readonly unit: string;
    readonly bound: Bound | null;
    readonly ours: readonly number[];
    readonly reference?: { readonly name: string; readonly values: readonly number[] };
  },
): Figure {
  const { name, unit, bound, reference } = given;
  const ours = median(given.ours);
  const ratio =
    reference === undefined
      ? null
      : median(given.ours.map((value, round) => value / (reference.values[round] as number)));
  return {
    name,
    unit,
    ours,
    reference: reference === undefined ? null : { name: reference.name, value: median(reference.values) },
    ratio,
    bound,
    holds: run.quick || bound === null || within(ratio ?? ours, bound),
    rounds: given.ours.length,
  };
}

/** The middle value; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] as number;
  return Number.isInteger(middle) ? ((sorted[middle - 1] as number) + upper) / 2 : upper;
}

/** Milliseconds that `work` takes. */
export async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function within(value: number, bound: Bound): boolean {
  return "atLeast" in bound ? value >= bound.atLeast : value <= bound.atMost;
}
