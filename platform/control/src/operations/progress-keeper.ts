import type { Progress } from "@holdfast/protocol/method";
import type { Run } from "./run.ts";
import { saveOperation } from "./store.ts";

/** Tells progress to whoever listens and keeps it, now and then, for whoever looks at the table. */
export class ProgressKeeper {
  readonly #run: Run;
  #keptAt = Number.NEGATIVE_INFINITY;
  #keeping: Promise<void> = Promise.resolve();

  constructor(run: Run) {
    this.#run = run;
  }

  tell(progress: Progress): void {
    const { parts, operation, limits } = this.#run;
    this.#run.progress(progress);
    const time = performance.now();
    if (time - this.#keptAt < limits.keepProgressMilliseconds) return;
    this.#keptAt = time;
    this.#keeping = this.#keeping
      .then(() => saveOperation(parts.data, operation.id, { progress: { ...progress } }))
      .catch((error: unknown) => parts.log("debug", "progress was not kept", { error }));
  }

  /** Waits for what is being kept: a late progress must not overwrite the end of its step. */
  settled(): Promise<void> {
    return this.#keeping;
  }
}
