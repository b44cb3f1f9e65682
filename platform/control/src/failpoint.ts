import { existsSync, readFileSync } from "node:fs";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { OperationKind } from "./operations/step.ts";

/** Where a fault test can step in: each is passed once by every step that runs, `undone` by every undo. */
const points = { forward: ["begin", "done", "saved"], backward: ["undone"] } as const;

/**
 * What a fault test writes into the file that `HOLDFAST_FAILPOINT` names: `customer.create/make the database/done` kills
 * this process there, as a power cut would; `…/begin:fail` makes the step fail for good instead. Anything else, no
 * file, and every other point do nothing. Read at each point, so that control need not be started anew to be harmed.
 */
export function failAt(file: string | undefined): (name: string) => void {
  if (file === undefined || file === "") return () => undefined;
  return (name) => {
    const wanted = existsSync(file) ? readFileSync(file, "utf8") : "";
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
