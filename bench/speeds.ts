import type { BenchRun, Bound, Figure } from "./benchmark.ts";
import { load, type Target } from "./load.ts";
import { compare } from "./measure.ts";

/** How many connections a change is measured on: some at once, and one alone. */
const connectionCounts = [4, 1] as const;

/** Requests a second of our handler against those of a bare one, on some connections and on one. */
export async function compareSpeeds(
  run: BenchRun,
  sides: { readonly ours: Target; readonly bare: Target; readonly bound: Bound },
): Promise<readonly Figure[]> {
  const count = run.quick ? 10 : 200;
  const figures: Figure[] = [];
  for (const connections of connectionCounts) {
    const speedOf = (target: Target) => async () =>
      (await load(target, { connections, count })).requestsPerSecond;
    figures.push(
      await compare(run, {
        name: `${connections} ${connections === 1 ? "connection" : "connections"}`,
        unit: "requests/s",
        bound: sides.bound,
        ours: speedOf(sides.ours),
        reference: { name: "bare", measure: speedOf(sides.bare) },
      }),
    );
  }
  return figures;
}
