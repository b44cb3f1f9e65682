import { ExpectedError } from "@holdfast/kernel/errors";
import { ProgressKeeper } from "./progress-keeper.ts";
import { withRetries } from "./retry.ts";
import type { Run } from "./run.ts";
import type { Step } from "./step.ts";
import { passReturn, readOperation } from "./store.ts";

/** How one step went. `pastReturn`: it or one before it is irreversible, so that only going on is left. */
export type Attempt =
  | { readonly kind: "done"; readonly values: Readonly<Record<string, unknown>> }
  | { readonly kind: "failed"; readonly error: unknown; readonly pastReturn: boolean };

/** What a step is given, and which one of its kind it is. */
export interface Position {
  readonly input: unknown;
  readonly memory: Readonly<Record<string, unknown>>;
  readonly index: number;
}

/** Runs one step forward, watching for the wish to cancel. Never throws for a failed step: it answers. */
export async function attemptStep(run: Run, step: Step<unknown>, at: Position): Promise<Attempt> {
  const { parts, kind, operation, limits } = run;
  const irreversible = kind.steps.slice(0, at.index + 1).some((each) => each.irreversible);
  const pastReturn = irreversible && (await passReturn(parts.data, operation.id));
  const cancel = new AbortController();
  const look = pastReturn ? async () => undefined : () => cancelIfAsked(run, cancel);
  const watch = setInterval(() => void look(), limits.cancelPollMilliseconds);
  const signal = AbortSignal.any([run.stopping, cancel.signal]);
  const keeper = new ProgressKeeper(run);
  run.progress({ step: step.name, done: at.index, total: kind.steps.length, unit: "steps" });
  try {
    await look();
    signal.throwIfAborted();
    parts.failpoint(`${kind.kind}/${step.name}/begin`);
    const context = {
      input: at.input,
      memory: at.memory,
      signal,
      parts,
      key: operation.key,
      progress: keeper.tell.bind(keeper),
    };
    const values = await withRetries(async () => (await step.run(context)) ?? {}, { signal, limits });
    return { kind: "done", values };
  } catch (error) {
    parts.log("warn", `operation ${operation.key}: "${step.name}" failed`, { error });
    return { kind: "failed", error: cancel.signal.aborted ? cancel.signal.reason : error, pastReturn };
  } finally {
    clearInterval(watch);
    await keeper.settled();
  }
}

async function cancelIfAsked(run: Run, cancel: AbortController): Promise<void> {
  const now = await readOperation(run.parts.data, run.operation.id).catch(() => undefined);
  if (now?.cancel_requested) cancel.abort(new ExpectedError("gone", "the operation was cancelled"));
}
