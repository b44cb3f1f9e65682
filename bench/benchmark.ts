/** What a figure has to hold: a ratio to its reference, or an amount that stands for itself. */
export type Bound = { readonly atLeast: number } | { readonly atMost: number };

/** One measured figure, with the bound that it has to hold. */
export interface Figure {
  /** What was measured, in a few words: "requests/s on 16 connections". */
  readonly name: string;
  readonly unit: string;
  /** Median of the rounds. */
  readonly ours: number;
  /** What it is compared with, measured in turns with ours in the same run; null: the amount stands for itself. */
  readonly reference: { readonly name: string; readonly value: number } | null;
  /** Median of the rounds' own ratios, ours to the reference's; null without one. */
  readonly ratio: number | null;
  /** On the ratio, or on the amount where there is no reference; null: told, not judged. */
  readonly bound: Bound | null;
  readonly holds: boolean;
  readonly rounds: number;
}

/** What a benchmark works with. */
export interface BenchRun {
  /** The least that shows that it works: few rows, one round. Its figures mean nothing. */
  readonly quick: boolean;
  /** How often each side is measured: at least 5, or 1 when quick. */
  readonly rounds: number;
  /** A line for the person who waits; on standard error, never among the figures. */
  note(line: string): void;
  /** Called when the benchmark is over, also when it failed; the last registered goes first. */
  cleanUp(action: () => unknown): void;
}

/** One benchmark: a file `bench/<name>.ts` that exports it as `benchmark`, and a line in benchmarks.ts. */
export interface Benchmark {
  readonly name: string;
  /** One sentence for `bin/bench --help`: what is measured, and against what. */
  readonly description: string;
  /** Builds its own data and its reference; the first figure is the headline. */
  run(run: BenchRun): Promise<readonly Figure[]>;
}
