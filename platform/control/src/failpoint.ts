import { ExpectedError } from "@holdfast/kernel/errors";
import type { OperationKind } from "./operations/step.ts";

/** Where a fault test can step in: each is passed once by every step that runs, `undone` by every undo. */
const points = { forward: ["begin", "done", "saved"], backward: ["undone"] } as const;

/**
 * What a fault test named in `HOLDFAST_FAILPOINT`: `customer.create/make the database/done` kills this
 * process there, as a power cut would; `…/begin:fail` makes the step fail for good instead. Anything
 * else, and every other point, does nothing.
 */
export function failAt(wanted: string | undefined): (name: string) => void {
  if (wanted === undefined || wanted === "") return () => undefined;
  return (name) => {
    if (name === wanted) process.kill(process.pid, "SIGKILL");
    if (`${name}:fail` === wanted)
      throw new ExpectedError("conflict", "a fault test wanted this step to fail", {
        hint: "start control without a failpoint",
      });
  };
}

/** Every point of a kind, in the order in which they are passed, so that a new step joins by itself. */
export function pointsOf(kind: OperationKind): { readonly forward: string[]; readonly backward: string[] } {
  const named = (steps: OperationKind["steps"], names: readonly string[]): string[] =>
    steps.flatMap((step) => names.map((name) => `${kind.kind}/${step.name}/${name}`));
  return {
    forward: named(kind.steps, points.forward),
    backward: named(kind.steps.toReversed(), points.backward),
  };
}
