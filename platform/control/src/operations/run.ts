import { present } from "@holdfast/kernel/assert";
import { ExpectedError } from "@holdfast/kernel/errors";
import type { Progress } from "@holdfast/protocol/method";
import type { Parts } from "../parts.ts";
import type { OperationKind, Step, StepContext } from "./step.ts";
import { readOperation, type StoredOperation, saveOperation } from "./store.ts";

/** Tries of a step that fails because a part is away; then the operation is undone. */
const maxTries = 5;
const firstPauseMilliseconds = 500;
/** How often a long step looks whether it was cancelled. */
const cancelPollMilliseconds = 1_000;
/** Progress is kept in the table at most this often. */
const keepProgressMilliseconds = 400;

export interface Run {
  readonly parts: Parts;
  readonly kind: OperationKind;
  readonly operation: StoredOperation;
  /** Aborted when this process ends: the operation stays as it is and goes on at the next start. */
  readonly stopping: AbortSignal;
  progress(progress: Progress): void;
}

/**
 * Carries one operation to its end, from wherever it stands. Each step's end is committed before the
 * next begins, so that after a crash at most one step runs again.
 */
export async function runOperation(run: Run): Promise<void> {
  const { parts, operation } = run;
  if (operation.state !== "undoing") {
    const failure = await forward(run);
    if (failure === undefined) return;
    if (run.stopping.aborted) return;
    await saveOperation(parts.data, operation.id, { state: "undoing", ...failure });
  }
  await backward(run);
}

interface Failure {
  readonly error: string;
  readonly hint: string | null;
  readonly step_index: number;
}

/** @returns undefined when all steps are done, else why not and how many steps must be undone. */
async function forward(run: Run): Promise<Failure | undefined> {
  const { parts, kind, operation } = run;
  const input = kind.input.parse(operation.input);
  let memory = (operation.memory ?? {}) as Readonly<Record<string, unknown>>;
  await saveOperation(parts.data, operation.id, {
    state: "running",
    step_count: kind.steps.length,
    ...(operation.state === "pending" ? { started_at: now(parts) } : {}),
  });
  for (let index = operation.step_index; index < kind.steps.length; index++) {
    const step = present(kind.steps[index], `step ${index} of ${kind.kind}`);
    await saveOperation(parts.data, operation.id, { step: step.name, step_index: index });
    const attempt = await attemptStep(run, step, { input, memory, index });
    if (attempt.kind === "failed") return failureOf(attempt.error, index + 1);
    memory = { ...memory, ...attempt.values };
    parts.failpoint(`${kind.kind}/${step.name}/done`);
    await saveOperation(parts.data, operation.id, { memory, step_index: index + 1, progress: null });
    parts.failpoint(`${kind.kind}/${step.name}/saved`);
  }
  await saveOperation(parts.data, operation.id, {
    state: "done",
    step: null,
    progress: null,
    result: memory,
    ended_at: now(parts),
  });
  return undefined;
}

async function backward(run: Run): Promise<void> {
  const { parts, kind } = run;
  const operation = await readOperation(parts.data, run.operation.id);
  const context = contextOf(run, {
    input: kind.input.parse(operation.input),
    memory: (operation.memory ?? {}) as Readonly<Record<string, unknown>>,
    signal: run.stopping,
  });
  for (let left = operation.step_index; left > 0; left--) {
    const step = present(kind.steps[left - 1], `step ${left - 1} of ${kind.kind}`);
    run.progress({
      step: `undo: ${step.name}`,
      done: operation.step_index - left,
      total: operation.step_index,
      unit: "steps",
    });
    await saveOperation(parts.data, operation.id, { step: `undo: ${step.name}`, step_index: left });
    await withRetries(run, async () => step.undo?.(context));
    parts.failpoint(`${kind.kind}/${step.name}/undone`);
  }
  await saveOperation(parts.data, operation.id, {
    state: operation.cancel_requested ? "cancelled" : "failed",
    step: null,
    step_index: 0,
    progress: null,
    ended_at: now(parts),
  });
}

type Attempt =
  | { readonly kind: "done"; readonly values: Readonly<Record<string, unknown>> }
  | { readonly kind: "failed"; readonly error: unknown };

interface Position {
  readonly input: unknown;
  readonly memory: Readonly<Record<string, unknown>>;
  readonly index: number;
}

async function attemptStep(run: Run, step: Step<unknown>, at: Position): Promise<Attempt> {
  const { parts, kind, operation } = run;
  const cancel = new AbortController();
  const watch = setInterval(() => void cancelIfAsked(run, cancel), cancelPollMilliseconds);
  const signal = AbortSignal.any([run.stopping, cancel.signal]);
  const context = contextOf(run, { input: at.input, memory: at.memory, signal });
  run.progress({ step: step.name, done: at.index, total: kind.steps.length, unit: "steps" });
  try {
    await cancelIfAsked(run, cancel);
    parts.failpoint(`${kind.kind}/${step.name}/begin`);
    const values = await withRetries(
      { ...run, stopping: signal },
      async () => (await step.run(context)) ?? {},
    );
    return { kind: "done", values };
  } catch (error) {
    parts.log("warn", `operation ${operation.key}: "${step.name}" failed`, { error });
    return { kind: "failed", error: cancel.signal.aborted ? cancel.signal.reason : error };
  } finally {
    clearInterval(watch);
  }
}

async function cancelIfAsked(run: Run, cancel: AbortController): Promise<void> {
  const now = await readOperation(run.parts.data, run.operation.id).catch(() => undefined);
  if (now?.cancel_requested) cancel.abort(new ExpectedError("gone", "the operation was cancelled"));
}

/** A part that is away (restarting) is waited for; every other failure is final. */
async function withRetries<T>(run: Run, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    run.stopping.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      const away = error instanceof ExpectedError && error.code === "unavailable";
      if (!away || tries >= maxTries) throw error;
      await new Promise((resolve) => setTimeout(resolve, firstPauseMilliseconds * 2 ** (tries - 1)));
    }
  }
}

interface ContextParts {
  readonly input: unknown;
  readonly memory: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
}

function contextOf(run: Run, { input, memory, signal }: ContextParts): StepContext<unknown> {
  let keptAt = 0;
  return {
    input,
    memory,
    signal,
    parts: run.parts,
    key: run.operation.key,
    progress: (progress) => {
      run.progress(progress);
      const time = run.parts.clock.now();
      if (time - keptAt < keepProgressMilliseconds) return;
      keptAt = time;
      saveOperation(run.parts.data, run.operation.id, { progress: { ...progress } }).catch((error: unknown) =>
        run.parts.log("debug", "progress was not kept", { error }),
      );
    },
  };
}

function failureOf(error: unknown, stepIndex: number): Failure {
  if (error instanceof ExpectedError)
    return {
      error: error.message.slice(0, 2_000),
      hint: error.hint?.slice(0, 1_000) ?? null,
      step_index: stepIndex,
    };
  return {
    error: "a defect of ours stopped it; the log of control has it whole",
    hint: "bin/holdfast logs control",
    step_index: stepIndex,
  };
}

function now(parts: Parts): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(parts.clock.now());
}
